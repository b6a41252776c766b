import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Toolchain } from './toolchain.ts';

/** Where a jail keeps what it must not lose to the host's names. */
export const JAIL_HOME = '/home/user';
export const JAIL_WORKSPACE = '/workspace';
export const PROXY_PORT = 3128;

/**
 * What of /etc a program needs, and nothing a host keeps secret there: not `/etc/ssl/private`, which a server started
 * by root could read.
 */
const HOST_ETC = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/os-release',
  '/etc/pki/ca-trust/extracted',
  '/etc/pki/tls/certs',
  '/etc/protocols',
  '/etc/services',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];

/** Writes the jail's own /etc once for all sandboxes. @returns bwrap options that mount it. */
export async function prepareEtc(folder: string, toolchain: Toolchain): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: Record<string, string> = {
    passwd: `root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:${JAIL_HOME}:/bin/bash\n`,
    group: 'root:x:0:\nuser:x:1000:\n',
    hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'resolv.conf': '# names are resolved by the egress proxy\n',
    profile: profileText(toolchain),
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
  }
  const own = Object.keys(files).flatMap((name) => ['--ro-bind', join(folder, name), `/etc/${name}`]);
  return [...own, ...HOST_ETC.filter(existsSync).flatMap((path) => ['--ro-bind', path, path])];
}

/** What a login shell reads; on the image of e2b it resets PATH, so here is where tools get on it. */
export function profileText(toolchain: Toolchain): string {
  return `export PATH='${toolchain.path.join(':')}'\numask 022\n`;
}

/** /usr, and /bin, /lib and so on as the host has them: links into /usr, or folders of their own. */
export function systemOptions(): string[] {
  const folders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store'].filter(existsSync);
  const rest = folders.flatMap((path) =>
    lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
  );
  return ['--ro-bind', '/usr', '/usr', ...rest];
}
