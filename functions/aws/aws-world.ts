import type { Environment, FunctionName } from '#core/env';
import type { Installation, Note, World } from '#core/ports/world';
import { clients, hostOfBucket, socketClient } from './clients.ts';
import { dynamoAttemptStore } from './dynamo-attempt-store.ts';
import { dynamoAttemptTokens } from './dynamo-attempt-tokens.ts';
import { dynamoBudgets } from './dynamo-budgets.ts';
import { dynamoConnections } from './dynamo-connections.ts';
import { dynamoEventLog } from './dynamo-event-log.ts';
import { dynamoJobStore } from './dynamo-job-store.ts';
import { dynamoMeter } from './dynamo-meter.ts';
import { dynamoPermits } from './dynamo-permits.ts';
import { dynamoSandboxStore } from './dynamo-sandbox-store.ts';
import { dynamoSessionStore } from './dynamo-session-store.ts';
import { type DynamoTable, dynamoTable } from './dynamo-table.ts';
import { dynamoTickets } from './dynamo-tickets.ts';
import { lazily } from './lazily.ts';
import { s3ArtifactStore } from './s3-artifact-store.ts';
import { type Secrets, secretsManager } from './secrets.ts';
import { sfnExecutions } from './sfn-executions.ts';
import { sfnTaskTokens } from './sfn-task-tokens.ts';
import { socketLive } from './socket-live.ts';
import { sqsJobQueue } from './sqs-job-queue.ts';
import { systemClock } from './system-clock.ts';

type Intersection<Union> = (Union extends unknown ? (of: Union) => void : never) extends (of: infer All) => void
  ? All
  : never;

/** Every variable that any function may have; a function gives those of its own schema. */
export type AwsEnvironment = Partial<Intersection<Environment<FunctionName>>>;

/** The ports that are AWS services, and the secrets that other adapters take their keys from. */
export type AwsWorld = Omit<World, 'sandboxes' | 'sandboxLease' | 'codeHost'> & { secrets: Secrets };

/**
 * Every port is made when it is first touched: a function without, say, `QUEUE_URL` has a world all the same, and
 * touching its queue names the missing variable. Add the other ports with `joined`, never by a spread.
 */
export function awsWorld(env: AwsEnvironment, note: Note): AwsWorld {
  const need = needed(env);
  const core = (): DynamoTable => dynamoTable(clients.dynamo, need('CORE_TABLE'));
  const world: AwsWorld = lazily<AwsWorld>({
    note: () => note,
    clock: () => systemClock(need('TIME_SCALE')),
    installation: () => installationFrom(env),
    secrets: () => secretsManager({ client: clients.secretsManager, now: Date.now }),
    jobs: () => dynamoJobStore({ table: core(), clock: world.clock }),
    attempts: () => dynamoAttemptStore({ table: core(), clock: world.clock }),
    sandboxRows: () => dynamoSandboxStore({ table: core() }),
    log: () => dynamoEventLog({ table: core(), clock: world.clock }),
    permits: () => dynamoPermits({ table: core() }),
    attemptTokens: () => dynamoAttemptTokens({ table: core(), clock: world.clock }),
    tickets: () => dynamoTickets({ table: core(), clock: world.clock }),
    sessions: () => dynamoSessionStore({ table: core() }),
    budgets: () => dynamoBudgets({ table: core() }),
    meter: () => dynamoMeter({ table: core() }),
    connections: () =>
      dynamoConnections({
        table: dynamoTable(clients.dynamo, need('CONNECTIONS_TABLE')),
        sockets: socketClient(need('SOCKET_URL')),
        clock: world.clock,
      }),
    live: () => socketLive({ connections: world.connections, note }),
    queue: () => sqsJobQueue({ sqs: clients.sqs, queueUrl: need('QUEUE_URL') }),
    artifacts: () => s3ArtifactStore({ s3: clients.s3, bucket: need('ARTIFACTS_BUCKET'), clock: world.clock }),
    executions: () => sfnExecutions({ sfn: clients.sfn, machineArn: need('STATE_MACHINE_ARN') }),
    taskTokens: () => sfnTaskTokens({ sfn: clients.sfn }),
  });
  return world;
}

/** Field by field, because no function has all of these variables: dispatch, for one, has no bucket. */
function installationFrom(env: AwsEnvironment): Installation {
  const need = needed(env);
  return lazily<Installation>({
    install_id: () => need('INSTALL_ID'),
    default_model: () => need('DEFAULT_MODEL'),
    permit_limits: () => ({
      user: need('PERMITS_USER'),
      tenant: need('PERMITS_TENANT'),
      install: need('PERMITS_INSTALL'),
    }),
    tenant_daily_usd: () => need('TENANT_DAILY_USD'),
    callbacks_url: () => need('CALLBACKS_URL').replace(/\/$/, ''),
    gateway_url: () => need('GATEWAY_URL').replace(/\/$/, ''),
    setup_hosts: () => need('SETUP_HOSTS'),
    artifacts_host: () => hostOfBucket(need('ARTIFACTS_BUCKET')),
  });
}

function needed(env: AwsEnvironment) {
  return <Name extends keyof AwsEnvironment>(name: Name): NonNullable<AwsEnvironment[Name]> => {
    const value = env[name];
    if (value === undefined || value === null) {
      throw new Error(
        `the variable ${name} is not in this function's environment (core/env.ts): it cannot use this port`,
      );
    }
    return value;
  };
}
