import * as z from 'zod';
import { ApiError } from './api-error.ts';

const strings = z.record(z.string(), z.string());

const egressShape = {
  allowOut: z.array(z.string()).nullish(),
  denyOut: z.array(z.string()).nullish(),
  egressProxy: z.unknown().optional(),
  rules: z.unknown().optional(),
};

/** Body of `POST /v2/sandboxes`, and of `POST /sandboxes` with its older fields. */
const createSchema = z.object({
  templateID: z.string(),
  metadata: strings.nullish(),
  envVars: strings.nullish(),
  timeout: z.number().int().optional(),
  allow_internet_access: z.boolean().nullish(),
  network: z.object({ ...egressShape, allowPublicTraffic: z.boolean().nullish() }).nullish(),
  iam: z.unknown().optional(),
  mcp: z.unknown().optional(),
  autoPause: z.boolean().nullish(),
  autoResume: z.object({ enabled: z.boolean().optional() }).nullish(),
  volumeMounts: z.array(z.unknown()).nullish(),
  secure: z.boolean().nullish(),
});

const networkSchema = z.object({ ...egressShape, allow_internet_access: z.boolean().nullish() });

/** What a sandbox may reach; the words of e2b's `network`. */
export interface EgressRules {
  allowOut: string[];
  denyOut: string[];
  /** False denies everything that `allowOut` does not name. */
  allowInternetAccess: boolean;
}

/** A request for a sandbox, checked. */
export interface SandboxRequest {
  templateId: string;
  metadata: Record<string, string>;
  envs: Record<string, string>;
  /** Seconds as asked, before any time scale. */
  timeoutSeconds: number | undefined;
  egress: EgressRules;
  allowPublicTraffic: boolean;
  onTimeout: 'kill' | 'pause';
  autoResume: boolean;
  secure: boolean;
}

/** @throws ApiError 400, or 501 for what this server does not have. */
export function parseSandboxRequest(body: unknown): SandboxRequest {
  const wanted = parse(createSchema, body);
  refuse('volumeMounts', wanted.volumeMounts?.length);
  refuse('iam', wanted.iam);
  refuse('autoPause', wanted.autoPause);
  return {
    templateId: wanted.templateID,
    metadata: wanted.metadata ?? {},
    envs: wanted.envVars ?? {},
    timeoutSeconds: wanted.timeout,
    egress: egressOf({ ...wanted.network, allow_internet_access: wanted.allow_internet_access }),
    allowPublicTraffic: wanted.network?.allowPublicTraffic ?? true,
    onTimeout: wanted.autoPause ? 'pause' : 'kill',
    autoResume: wanted.autoResume?.enabled ?? false,
    secure: wanted.secure ?? false,
  };
}

/** Body of `PUT …/network`: it replaces all rules, an absent field is cleared. @throws ApiError 400 */
export function parseEgressRules(body: unknown): EgressRules {
  return egressOf(parse(networkSchema, body));
}

/** Body of `POST …/timeout` and `…/connect`. @throws ApiError 400 */
export function parseTimeout(body: unknown): number | undefined {
  return parse(z.object({ timeout: z.number().int().optional() }), body).timeout;
}

function egressOf(network: Partial<z.infer<typeof networkSchema>>): EgressRules {
  refuse('network.rules', network.rules);
  refuse('network.egressProxy', network.egressProxy);
  const rules = { allowOut: network.allowOut ?? [], denyOut: network.denyOut ?? [] };
  const wrong = rules.denyOut.find((entry) => !isAddressRule(entry));
  if (wrong !== undefined) {
    throw new ApiError(400, `invalid denied CIDR ${wrong}`);
  }
  const allowInternetAccess = network.allow_internet_access ?? true;
  const deniesAll = rules.denyOut.includes('0.0.0.0/0') || !allowInternetAccess;
  if (!deniesAll && rules.allowOut.some((entry) => !isAddressRule(entry))) {
    const remedy = "you must include 'ALL_TRAFFIC' in deny out to block all other traffic.";
    throw new ApiError(400, `When specifying allowed domains in allow out, ${remedy}`);
  }
  return { ...rules, allowInternetAccess };
}

/** An IPv4 or IPv6 address, with or without a prefix length; anything else is a domain. */
export function isAddressRule(entry: string): boolean {
  return z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]).safeParse(entry).success;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (!result.success) {
    throw new ApiError(400, `Error when parsing request: ${z.prettifyError(result.error)}`);
  }
  return result.data;
}

function refuse(field: string, value: unknown): void {
  const empty = value === undefined || value === null || value === false || value === 0;
  if (!empty && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0)) {
    throw new ApiError(501, `'${field}' is not part of this server`);
  }
}
