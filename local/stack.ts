import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startFunctionUrl } from './api/function-url.ts';
import { startWeb } from './api/web.ts';
import { type E2bServer, startE2bServer } from './e2b/server.ts';
import { createBus } from './events/bus.ts';
import { startPollers } from './events/poller.ts';
import { createQueues } from './events/queues.ts';
import { startScheduler } from './events/scheduler.ts';
import { startEngines } from './gateway/engines.ts';
import { startGateway } from './gateway/gateway.ts';
import { secretValues } from './gateway/secrets.ts';
import { type GitHost, startGitHost } from './git-host/git-host.ts';
import { hostProxy } from './host-proxy.ts';
import { createIam } from './iam/iam.ts';
import { type Issuer, startIssuer } from './identity/issuer.ts';
import { startLambdas } from './lambda/pool.ts';
import type { Addresses, Assembly, Iam, Json, Lambdas } from './parts.ts';
import { assignPorts } from './ports.ts';
import { startStates } from './states/service.ts';
import { outlineAssembly, readAssembly } from './template/assembly.ts';
import { type AlarmState, evaluateAlarms } from './watch/alarms.ts';
import { createLedger, type Ledger } from './watch/ledger.ts';
import { createLogs, type Logs } from './watch/logs.ts';
import { isMeasuredHere, serviceMetrics } from './watch/service-metrics.ts';

export interface StackOptions {
  /** What `cdk synth` wrote. */
  cdkOut: string;
  /** Everything that outlives a run: tables, queues, objects, executions, logs, keys of the issuer. */
  stateDir: string;
  /** Template parameters beside those that the laptop itself decides (addresses, issuer). */
  parameters?: Record<string, string>;
  /** Secret values by logical id prefix of the secret; the sandbox key is made here. */
  secrets?: Record<string, string>;
  users?: Array<{ sub: string; email: string; tenant: string }>;
  /** What sandboxes see read-only of this machine: the runner and its Python. */
  sandboxBinds: Array<{ from: string; to: string }>;
  /** Loopback `host:port` pairs that sandboxes may reach beside the stack's own. */
  sandboxTargets?: string[];
  maxSandboxes?: number;
  timeScale?: number;
  log?: (line: string) => void;
}

export interface Stack {
  /** `<web>/<stage>` of the HTTP API. */
  apiUrl: string;
  socketUrl: string;
  assembly: Assembly;
  issuer: Issuer;
  gitHost: GitHost;
  e2b: E2bServer;
  ledger: Ledger;
  iam: Iam;
  lambdas: Lambdas;
  logs: Logs;
  /** What CloudWatch would show now, from the template's alarms and the metrics here. */
  alarms(): Promise<AlarmState[]>;
  stop(): Promise<void>;
}

const audience = 'patchbay-local';
const fixedPorts = ['sdk', 's3', 'web', 'issuer', 'git', 'e2b'] as const;

/** The laptop as a deployment target: starts every service that the synthesized application uses, in the order of need. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { cdkOut, timeScale = 1, log = () => {} } = options;
  const dir = (name: string) => {
    const path = join(options.stateDir, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const stops: Array<() => unknown> = [];
  const stop = async () => {
    for (const end of stops.reverse()) await end();
    stops.length = 0;
  };
  const running = <T extends { stop(): unknown }>(part: T): T => {
    stops.push(() => part.stop());
    return part;
  };
  const closing = <T extends { close(): unknown }>(part: T): T => {
    stops.push(() => part.close());
    return part;
  };

  try {
    // Copies of repositories, diffs and logs: nobody else on this machine reads them.
    chmodSync(dir('.'), 0o700);
    const { functionUrlIds } = outlineAssembly(cdkOut);
    const ports = await assignPorts(options.stateDir, [...fixedPorts, ...functionUrlIds]);
    const port = (name: string): number => {
      const assigned = ports[name];
      if (assigned === undefined) throw new Error(`no port for ${name}`);
      return assigned;
    };
    const addresses = addressesAt(port, functionUrlIds);

    const issuer = running(
      await startIssuer({ port: port('issuer'), stateDir: dir('issuer'), users: options.users ?? [], audience }),
    );
    const gitHost = running(await startGitHost({ port: port('git'), stateDir: dir('git') }));
    const e2b = running(
      await startE2bServer({
        apiKey: `e2b_${randomBytes(20).toString('hex')}`,
        port: port('e2b'),
        stateDir: dir('sandboxes'),
        timeScale,
        log,
        readOnlyBinds: options.sandboxBinds,
        proxyVariables: hostProxy(),
        ...(options.maxSandboxes === undefined ? {} : { maxConcurrent: options.maxSandboxes }),
        loopbackTargets: () =>
          [addresses.web, addresses.s3, gitHost.url, ...Object.values(addresses.functionUrls)]
            .map(hostOf)
            .concat(options.sandboxTargets ?? []),
      }),
    );

    const assembly = readAssembly({
      cdkOut,
      addresses,
      parameters: {
        OidcIssuer: issuer.issuer,
        OidcAudience: audience,
        CodeHostUrl: gitHost.url,
        E2bApiUrl: e2b.url,
        E2bSandboxUrl: e2b.url,
        TimeScale: String(timeScale),
        ...options.parameters,
      },
    });
    const ledger = closing(createLedger({ stateDir: dir('ledger') }));
    const { count } = ledger;
    const logs = closing(createLogs({ stateDir: options.stateDir, count }));
    const iam = createIam(assembly);
    const engines = running(await startEngines({ stateDir: dir('engines'), assembly }));
    const since = Date.now();
    const services = serviceMetrics(assembly, logs.metrics);
    const started = running(
      await startLambdas({
        assembly,
        addresses,
        credentialsFor: iam.credentialsFor,
        count,
        log: logs.write,
        stateDir: dir('lambda'),
      }),
    );
    const lambdas = services.measuring(started);
    const queues = createQueues({ engines, assembly, count });
    const bus = running(createBus({ assembly, lambdas, iam, sendToQueue: queues.send, log, timeScale }));
    const invoke = (functionArn: string, payload: string, caller: { roleArn: string }) => {
      iam.authorize({ principal: caller.roleArn, action: 'lambda:InvokeFunction', resource: functionArn });
      return lambdas.invoke(functionArn, payload);
    };
    const states = running(
      await startStates({
        machines: machines(assembly),
        invoke,
        emit: services.seeing(bus.emit),
        count,
        stateDir: dir('states'),
        timeScale,
      }),
    );
    const web = running(await startWeb({ assembly, lambdas, iam, count, port: port('web'), log, timeScale }));
    const secrets = secretValues(assembly, { E2bKey: e2b.apiKey, ...options.secrets });
    running(
      await startGateway({
        assembly,
        engines,
        iam,
        sdkPort: port('sdk'),
        s3Port: port('s3'),
        services: { states, lambda: lambdas, connections: web.connections, secrets },
        count,
        log,
      }),
    );
    for (const urlLogicalId of functionUrlIds)
      running(await startFunctionUrl({ assembly, lambdas, iam, count, urlLogicalId, port: port(urlLogicalId), log }));
    running(startPollers({ assembly, queues, lambdas, iam, log, timeScale }));
    running(startScheduler({ assembly, lambdas, iam, log, timeScale, sendToQueue: queues.send }));
    await states.resume();
    return {
      apiUrl: assembly.outputs.ApiUrl ?? missing('ApiUrl'),
      socketUrl: assembly.outputs.SocketUrl ?? missing('SocketUrl'),
      assembly,
      issuer,
      gitHost,
      e2b,
      ledger,
      iam,
      lambdas,
      logs,
      async alarms() {
        await services.sampleQueues(queues.depth);
        return evaluateAlarms({ assembly, metrics: logs.metrics, isMeasured: isMeasuredHere, since, timeScale });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function addressesAt(port: (name: string) => number, functionUrlIds: string[]): Addresses {
  const at = (name: string) => `http://127.0.0.1:${port(name)}`;
  return {
    sdk: at('sdk'),
    s3: at('s3'),
    web: at('web'),
    functionUrls: Object.fromEntries(functionUrlIds.map((id) => [id, at(id)])),
  };
}

function machines(assembly: Assembly) {
  return assembly.byType('AWS::StepFunctions::StateMachine').map(({ arn, name, properties }) => ({
    arn,
    name,
    roleArn: String(properties.RoleArn),
    definition: JSON.parse(String(properties.DefinitionString)) as Record<string, Json>,
  }));
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function missing(output: string): never {
  throw new Error(`The template has no output ${output}`);
}
