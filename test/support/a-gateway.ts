import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Engines, startEngines } from '#local/gateway/engines';
import { type Gateway, type GatewayOptions, startGateway } from '#local/gateway/gateway';
import { createIam } from '#local/iam/iam';
import { type Assembly, type Iam, type LedgerEntry, ServiceError } from '#local/parts';

/** A gateway over real engines in a folder of its own, with doubles for the services that other parts run. */
export interface TestGateway extends Gateway {
  engines: Engines;
  iam: Iam;
  /** What was counted so far. */
  counted: Omit<LedgerEntry, 'at'>[];
  logged: string[];
  /** Options of an SDK client that signs as a role. */
  clientAs(roleArn: string): ReturnType<typeof clientOptions>;
}

export async function aGateway(
  assembly: Assembly,
  services: Partial<GatewayOptions['services']> = {},
): Promise<TestGateway> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'patchbay-gateway-'));
  const iam = createIam(assembly);
  const engines = await startEngines({ stateDir, assembly });
  const counted: TestGateway['counted'] = [];
  const logged: string[] = [];
  const gateway = await startGateway({
    assembly,
    engines,
    iam,
    sdkPort: 0,
    s3Port: 0,
    services: { ...noServices, ...services },
    count: (entry) => counted.push(entry),
    log: (line) => logged.push(line),
  });
  return {
    ...gateway,
    engines,
    iam,
    counted,
    logged,
    clientAs: (roleArn) => clientOptions(gateway, iam.credentialsFor(roleArn)),
    stop: async () => {
      await gateway.stop();
      await engines.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function clientOptions(gateway: Gateway, credentials: { accessKeyId: string; secretAccessKey: string }) {
  return {
    sdk: { endpoint: gateway.sdk, region: 'us-east-1', credentials, maxAttempts: 1 },
    s3: { endpoint: gateway.s3, region: 'us-east-1', credentials, maxAttempts: 1 },
  };
}

const noServices: GatewayOptions['services'] = {
  states: { call: () => Promise.reject(new ServiceError('StateMachineDoesNotExist', 'none here')) },
  lambda: {
    invoke: () => Promise.reject(new ServiceError('ResourceNotFoundException', 'none here', 404)),
    invokeStreaming: () => Promise.reject(new ServiceError('ResourceNotFoundException', 'none here', 404)),
    idleSlots: () => 0,
    stats: () => ({ processes: 0, residentBytes: 0, coldStarts: 0, invocations: 0, pids: [] }),
    stop: () => Promise.resolve(),
  },
  connections: { post: () => 'gone', get: () => undefined, delete: () => undefined },
  secrets: {},
};
