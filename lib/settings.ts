import { readFileSync } from 'node:fs';
import type { DeployedEnvironment, FunctionName } from '#core/env';
import type { Config } from './config.ts';
import type { Parameters } from './parameters.ts';

/** Written once, in package.json. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export type Settings = { [F in FunctionName]: Omit<DeployedEnvironment<F>, 'SERVICE_NAME'> };

export interface Addresses {
  installId: string;
  coreTable: string;
  connectionsTable: string;
  artifactsBucket: string;
  queueUrl: string;
  /** Of the machine; known late, so by a token. */
  stateMachineArn: string;
  apiUrl: string;
  gatewayUrl: string;
  socketUrl: string;
  e2bSecret: string;
  modelKeysSecret: string;
}

/** The environment of every function, from what this installation is: the names are those of core/env.ts. */
export function settings(config: Config, parameters: Parameters, at: Addresses): Settings {
  const everywhere = { INSTALL_ID: at.installId, TIME_SCALE: parameters.get('TimeScale') };
  const core = { ...everywhere, CORE_TABLE: at.coreTable };
  const live = { CONNECTIONS_TABLE: at.connectionsTable, SOCKET_URL: at.socketUrl };
  const install = {
    DEFAULT_MODEL: parameters.get('DefaultModel'),
    PERMITS_USER: String(config.permits.user),
    PERMITS_TENANT: String(config.permits.tenant),
    PERMITS_INSTALL: String(config.permits.install),
    TENANT_DAILY_USD: String(config.tenantDailyUsd),
    CALLBACKS_URL: at.apiUrl,
    GATEWAY_URL: at.gatewayUrl,
    SETUP_HOSTS: config.setupHosts.join(','),
    CODE_HOST_URL: parameters.get('CodeHostUrl'),
  };
  const e2b = {
    E2B_SECRET: at.e2bSecret,
    E2B_TEMPLATE: parameters.get('E2bTemplate'),
    E2B_DOMAIN: parameters.get('E2bDomain'),
    E2B_API_URL: parameters.get('E2bApiUrl'),
    E2B_SANDBOX_URL: parameters.get('E2bSandboxUrl'),
  };
  const bucket = { ARTIFACTS_BUCKET: at.artifactsBucket };
  const queue = { QUEUE_URL: at.queueUrl };
  const workflow = { STATE_MACHINE_ARN: at.stateMachineArn };
  const providers = { MODEL_PROVIDERS: parameters.get('ModelProviders') };
  return {
    api: {
      ...core,
      ...live,
      ...install,
      ...bucket,
      ...workflow,
      ...queue,
      ...providers,
      TENANT_CLAIM: parameters.tenantClaim(),
      VERSION: version,
    },
    callbacks: { ...core, ...live, ...install, ...bucket, ...e2b },
    gateway: { ...core, ...providers, MODEL_KEYS_SECRET: at.modelKeysSecret },
    dispatch: { ...core, ...live, ...install, ...workflow, ...queue },
    steps: { ...core, ...live, ...install, ...bucket, ...e2b, ...queue },
    sweep: { ...core, ...live, ...install, ...bucket, ...e2b, ...workflow, ...queue },
    socketAuthorizer: core,
    socket: { ...core, ...live },
  };
}
