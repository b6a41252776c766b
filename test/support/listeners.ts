import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Addresses on which a process and everything that it has started listen. Linux only. */
export function listeners(pid: number): Array<{ address: string; port: number }> {
  const sockets = new Set(family(pid).flatMap(socketsOf));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Fields: number, local address, remote address, state (0A listens), …, inode.
      .filter(([, , , state, , , , , , inode = '']) => state === '0A' && sockets.has(inode))
      .map(([, local = '']) => endpoint(local)),
  );
}

/** Hexadecimal, the bytes of an IPv4 address in reverse; a longer one is IPv6 and stays as it is. */
function endpoint(local: string): { address: string; port: number } {
  const [address = '', port = ''] = local.split(':');
  const bytes = address.match(/../g) ?? [];
  const shown =
    bytes.length === 4
      ? bytes
          .map((byte) => Number.parseInt(byte, 16))
          .reverse()
          .join('.')
      : address;
  return { address: shown, port: Number.parseInt(port, 16) };
}

function family(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
  );
  const found = [pid];
  for (const one of found) found.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
  return found;
}

/** 0 for a process that has ended meanwhile. */
function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Inodes of its sockets. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return orNothing(() => readdirSync(folder)).flatMap((fd) =>
    orNothing(() => /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.slice(1) ?? []),
  );
}

/** Processes end, and descriptors close, while one looks. */
function orNothing(look: () => string[]): string[] {
  try {
    return look();
  } catch {
    return [];
  }
}
