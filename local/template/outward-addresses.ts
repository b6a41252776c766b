import type { Addresses } from '#local/parts';

/** A host that the template says on AWS, and where each scheme of it leads on this machine. */
export interface OutwardHost {
  host: string;
  schemes: Record<string, string>;
}

/** An HTTP API or a distribution: the origin that a browser sees. */
export function webHost(host: string, addresses: Addresses): OutwardHost {
  return { host, schemes: { https: addresses.web } };
}

/**
 * A WebSocket API: its `wss` address is for clients, its `https` address is for `@connections`, which the SDK calls and
 * which therefore lies behind the SDK's own listener.
 */
export function socketHost(host: string, apiId: string, addresses: Addresses): OutwardHost {
  return {
    host,
    schemes: { wss: addresses.web.replace(/^http/, 'ws'), https: `${addresses.sdk}/_ws/${apiId}` },
  };
}

/**
 * Puts addresses of this machine where a text names hosts of AWS. Called where an intrinsic gives a text, never on
 * finished properties: a text that merely looks like such an address stays as the template has it.
 */
export function toLocalAddresses(text: string, hosts: OutwardHost[]): string {
  return hosts.reduce((result, { host, schemes }) => {
    if (!result.includes(host)) return result;
    return Object.entries(schemes).reduce((r, [scheme, local]) => r.replaceAll(`${scheme}://${host}`, local), result);
  }, text);
}
