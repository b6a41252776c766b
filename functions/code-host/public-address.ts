import { BlockList, isIP } from 'node:net';

/**
 * Addresses that a URL from outside must never reach: loopback, private and link-local ranges, the metadata service,
 * and the IPv6 ranges that carry IPv4 addresses inside.
 */
const hidden4 = new BlockList();
/** A list of its own: Node finds every IPv4 address in a list that holds `::ffff:0:0/96`. */
const hidden6 = new BlockList();
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  hidden4.addSubnet(address, prefix, 'ipv4');
}
for (const [address, prefix] of [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  hidden6.addSubnet(address, prefix, 'ipv6');
}

/** Whether an IP address may be reached for a URL that somebody else chose. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !hidden4.check(address, 'ipv4');
  return family === 6 && !hidden6.check(address, 'ipv6');
}
