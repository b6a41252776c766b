import { BlockList, isIP } from 'node:net';
import { type EgressRules, isAddressRule } from './sandbox-request.ts';

/** Where a sandbox wants to go: the name or address it asked for, and what the name resolves to outside. */
export interface Destination {
  host: string;
  port: number;
  addresses: string[];
  /** The proxy that leads outside; it resolves names that this machine cannot. */
  proxy?: URL | undefined;
}

/** `reset`: the connection is cut instead of refused, by a fault. */
export type EgressVerdict = { allowed: true; address: string } | { allowed: false; reason: string; reset?: boolean };

/**
 * Never reachable, not even by an allowed name. 0.0.0.0/8 is missing on e2b's list and is the local host on Linux; the
 * last two carry IPv4 addresses inside IPv6 ones (BlockList itself sees through ::ffff:0:0/96).
 */
const ALWAYS_DENIED = blockList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['::/127', 'fc00::/7', 'fe80::/10', '64:ff9b::/96', '2002::/16'],
]);

/** Ports on which e2b sees a name: the Host of plain HTTP and the SNI of TLS. */
const NAMED_PORTS = [80, 443];

/**
 * Allow wins over deny, and the default is allow. `targets` are `host:port` pairs on this machine's loopback; only they
 * are exempt from the list above, and the rules still decide about them.
 */
export function judgeEgress(rules: EgressRules, destination: Destination, targets: string[]): EgressVerdict {
  const { host, port, addresses } = destination;
  const name = host.toLowerCase();
  const mayUse = (address: string) => isTarget(address, port, targets) || !matches(ALWAYS_DENIED, address);
  const reachable = addresses.filter(mayUse);
  const domains = rules.allowOut.filter((entry) => !isAddressRule(entry));
  const isAllowedName = isIP(name) === 0 && domains.some((pattern) => matchesDomain(pattern, name));
  const deniesAll = !rules.allowInternetAccess || rules.denyOut.includes('0.0.0.0/0');
  if (addresses.length === 0 && destination.proxy !== undefined) {
    // No address to judge. A rule about addresses may be meant for this one: only the name can allow it then.
    const allowed = NAMED_PORTS.includes(port) && isAllowedName;
    return allowed || (!deniesAll && rules.denyOut.length === 0)
      ? { allowed: true, address: host }
      : { allowed: false, reason: 'the egress rules of the sandbox' };
  }
  if (reachable.length === 0) {
    return { allowed: false, reason: addresses.length === 0 ? 'the name has no address' : 'a private address' };
  }
  const named = NAMED_PORTS.includes(port) || reachable.some((address) => isTarget(address, port, targets));
  if (named && isAllowedName) {
    return { allowed: true, address: reachable[0] ?? host };
  }
  const allowed = blockList(rules.allowOut.filter(isAddressRule));
  const denied = blockList(rules.denyOut);
  const address = reachable.find(
    (candidate) => matches(allowed, candidate) || (!deniesAll && !matches(denied, candidate)),
  );
  return address ? { allowed: true, address } : { allowed: false, reason: 'the egress rules of the sandbox' };
}

/** A pair of the targets, whichever way its host is written. */
export function isTarget(address: string, port: number, targets: string[]): boolean {
  const host = address === '::1' ? '[::1]' : address;
  const written = host === '127.0.0.1' || host === '[::1]' ? [host, 'localhost'] : [host];
  return written.some((way) => targets.includes(`${way}:${port}`));
}

/** Exact, `*`, or `*.example.com` at any depth but not the apex. */
function matchesDomain(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted === '*' || wanted === name || (wanted.startsWith('*.') && name.endsWith(wanted.slice(1)));
}

function blockList(entries: string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  }
  return list;
}

function matches(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
