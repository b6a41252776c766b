import * as z from 'zod';

/**
 * Each function's environment, once: this schema types the CDK construct (a missing variable does not compile) and is
 * parsed at start (a wrong one fails first thing, by name). All values are strings outside.
 */

const number = z.coerce.number();
const list = z.string().transform((text) => text.split(',').filter((item) => item !== ''));

const everywhere = {
  SERVICE_NAME: z.string(),
  INSTALL_ID: z.string(),
  TIME_SCALE: number.positive(),
};
const core = { ...everywhere, CORE_TABLE: z.string() };
const live = { CONNECTIONS_TABLE: z.string(), SOCKET_URL: z.url() };
const install = {
  DEFAULT_MODEL: z.string(),
  PERMITS_USER: number.int(),
  PERMITS_TENANT: number.int(),
  PERMITS_INSTALL: number.int(),
  TENANT_DAILY_USD: number,
  CALLBACKS_URL: z.url(),
  GATEWAY_URL: z.url(),
  /** Comma-separated hosts for set-up beside the code host. */
  SETUP_HOSTS: list,
  CODE_HOST_URL: z.url(),
};
const e2b = {
  E2B_SECRET: z.string(),
  E2B_TEMPLATE: z.string(),
  /** Empty: the provider's own. */
  E2B_DOMAIN: z.string(),
  E2B_API_URL: z.string(),
  E2B_SANDBOX_URL: z.string(),
};
const bucket = { ARTIFACTS_BUCKET: z.string() };
const workflow = { STATE_MACHINE_ARN: z.string() };

export const environments = {
  api: z.object({
    ...core,
    ...live,
    ...install,
    ...bucket,
    ...workflow,
    QUEUE_URL: z.url(),
    TENANT_CLAIM: z.string(),
    MODEL_PROVIDERS: z.string(),
    VERSION: z.string(),
  }),
  callbacks: z.object({ ...core, ...live, ...install, ...bucket, ...e2b }),
  gateway: z.object({ ...core, MODEL_PROVIDERS: z.string(), MODEL_KEYS_SECRET: z.string() }),
  dispatch: z.object({ ...core, ...live, ...install, ...workflow, QUEUE_URL: z.url() }),
  steps: z.object({ ...core, ...live, ...install, ...bucket, ...e2b, QUEUE_URL: z.url() }),
  sweep: z.object({ ...core, ...live, ...install, ...bucket, ...e2b, ...workflow, QUEUE_URL: z.url() }),
  socketAuthorizer: z.object({ ...core }),
  socket: z.object({ ...core, ...live }),
} as const;

export type FunctionName = keyof typeof environments;
export type Environment<F extends FunctionName> = z.infer<(typeof environments)[F]>;
/** What a deployment has to give: the same names, as strings. */
export type DeployedEnvironment<F extends FunctionName> = Record<keyof Environment<F>, string>;
