import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Environment, FunctionName } from '#core/env';
import type { Installation, Note, World } from '#core/ports/world';
import { documents } from './documents.ts';
import { dynamoAttemptStore } from './dynamo-attempt-store.ts';
import { dynamoAttemptTokens } from './dynamo-attempt-tokens.ts';
import { dynamoBudgets } from './dynamo-budgets.ts';
import { dynamoEventLog } from './dynamo-event-log.ts';
import { dynamoJobStore } from './dynamo-job-store.ts';
import { dynamoMeter } from './dynamo-meter.ts';
import { dynamoPermits } from './dynamo-permits.ts';
import { dynamoSandboxStore } from './dynamo-sandbox-store.ts';
import { dynamoSessionStore } from './dynamo-session-store.ts';
import { type DynamoTable, dynamoTable } from './dynamo-table.ts';
import { dynamoTickets } from './dynamo-tickets.ts';
import { joined, lazily } from './lazily.ts';
import { patience } from './patience.ts';
import { systemClock } from './system-clock.ts';

type Intersection<Union> = (Union extends unknown ? (of: Union) => void : never) extends (of: infer All) => void
  ? All
  : never;

/** Every variable that any function may have; a function gives those of its own schema. */
export type AwsEnvironment = Partial<Intersection<Environment<FunctionName>>>;

type TablePort =
  | ('note' | 'clock' | 'installation')
  | ('jobs' | 'attempts' | 'sandboxRows' | 'log' | 'permits' | 'attemptTokens' | 'tickets' | 'sessions')
  | ('budgets' | 'meter');

/** What every function has: its environment, and the ports that are rows of the core table. */
export type TableWorld = Pick<World, TablePort>;

/** The variables of the function by name. @throws Error that names the one it lacks */
export type Need = <Name extends keyof AwsEnvironment>(name: Name) => NonNullable<AwsEnvironment[Name]>;

/** What is known where ports of another service are made. */
export interface Ground {
  world: TableWorld;
  need: Need;
  /** Another table of the same client. */
  table(name: string): DynamoTable;
}

/** The ports of one AWS service. A file each, because each brings the service's SDK client into the bundle. */
export type AwsPart<Ports extends object> = (ground: Ground) => Ports;

/** The tables, and the ports of these parts. */
export type WorldOf<Parts extends object[]> = TableWorld & Intersection<Parts[number] | object>;

/**
 * The tables, and the services that the function names: `awsWorld(env, note, livePorts, queuePorts)`. Every port is made
 * when it is first touched: a function without, say, `QUEUE_URL` has a world all the same, and touching its queue names
 * the missing variable. Add other ports with `joined`, never by a spread.
 */
export function awsWorld<Parts extends object[]>(
  env: AwsEnvironment,
  note: Note,
  ...parts: { [K in keyof Parts]: AwsPart<Parts[K]> }
): WorldOf<Parts> {
  const need = needed(env);
  const client = lazily({ documents: () => documents(new DynamoDBClient(patience(3_000))) });
  const table = (name: string) => dynamoTable(client.documents, name);
  const world = tableWorld(note, need, () => table(need('CORE_TABLE')));
  const made = parts.map((part) => part({ world, need, table }));
  return made.reduce<object>(joined, world) as WorldOf<Parts>;
}

function tableWorld(note: Note, need: Need, core: () => DynamoTable): TableWorld {
  const world: TableWorld = lazily<TableWorld>({
    note: () => note,
    clock: () => systemClock(need('TIME_SCALE')),
    installation: () => installationFrom(need),
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
  });
  return world;
}

/** Field by field, because no function has all of these variables: dispatch, for one, has no bucket. */
function installationFrom(need: Need): Installation {
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
    artifacts_host: () => {
      throw new Error('only artifactPorts know the host of the bucket: this function does not name them');
    },
  });
}

function needed(env: AwsEnvironment): Need {
  return (name) => {
    const value = env[name];
    if (value === undefined || value === null) {
      throw new Error(
        `the variable ${name} is not in this function's environment (core/env.ts): it cannot use this port`,
      );
    }
    return value;
  };
}
