import type { Sandbox } from './sandbox.ts';
import type { EgressRules } from './sandbox-request.ts';

/** The envd that this server imitates; the SDK decides by it what it may ask. */
const ENVD_VERSION = '0.6.13';

export const MACHINE = { cpuCount: 2, memoryMB: 4096, diskSizeMB: 10_240 };

const CLIENT_ID = 'local';

/** The answer of create and connect: the only place where the tokens show. */
export function accessView(sandbox: Sandbox) {
  return {
    sandboxID: sandbox.id,
    templateID: sandbox.request.templateId,
    clientID: CLIENT_ID,
    envdVersion: ENVD_VERSION,
    domain: null,
    ...(sandbox.accessToken ? { envdAccessToken: sandbox.accessToken } : {}),
    ...(sandbox.trafficToken ? { trafficAccessToken: sandbox.trafficToken } : {}),
  };
}

/** An item of the list. */
export function itemView(sandbox: Sandbox) {
  return {
    sandboxID: sandbox.id,
    templateID: sandbox.request.templateId,
    alias: sandbox.request.templateId,
    clientID: CLIENT_ID,
    metadata: sandbox.request.metadata,
    startedAt: sandbox.startedAt.toISOString(),
    endAt: sandbox.endAt.toISOString(),
    state: 'running',
    ...MACHINE,
    envdVersion: ENVD_VERSION,
  };
}

/** The answer of `GET /sandboxes/{id}`. */
export function detailView(sandbox: Sandbox) {
  return {
    ...itemView(sandbox),
    domain: null,
    allowInternetAccess: sandbox.egress.allowInternetAccess,
    network: { ...rulesView(sandbox.egress), allowPublicTraffic: sandbox.request.allowPublicTraffic },
    lifecycle: { onTimeout: sandbox.request.onTimeout, autoResume: sandbox.request.autoResume },
  };
}

function rulesView(rules: EgressRules) {
  return { allowOut: rules.allowOut, denyOut: rules.denyOut };
}
