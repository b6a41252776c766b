import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { profileText } from './jail-files.ts';
import type { SandboxHost } from './sandbox-host.ts';

/** The folders of one sandbox on the host. `sockets` is short: a unix socket's path ends at 107 characters. */
export interface SandboxFolders {
  root: string;
  home: string;
  workspace: string;
  tmp: string;
  sockets: string;
}

/** Empty folders. Without jails the workspace lies in the home, and a profile there sets PATH for login shells. */
export async function makeFolders(host: SandboxHost, id: string): Promise<SandboxFolders> {
  const root = join(host.folder, id);
  const home = join(root, 'home');
  const workspace = host.jail.bwrap ? join(root, 'workspace') : join(home, 'workspace');
  const folders = { root, home, workspace, tmp: join(root, 'tmp'), sockets: join(host.socketFolder, id) };
  for (const folder of [home, workspace, folders.tmp, folders.sockets]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await chmod(folders.tmp, 0o1777);
  if (!host.jail.bwrap) {
    await writeFile(join(home, '.bash_profile'), profileText(host.toolchain));
  }
  return folders;
}

export async function removeFolders(folders: SandboxFolders): Promise<void> {
  await chmod(folders.sockets, 0o700).catch(() => {});
  await Promise.all([removeTree(folders.root), removeTree(folders.sockets)]);
}

/** Removes a tree that dying processes may still write to, and whose owner may have made it read-only (module caches do). */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  await remove().catch(async () => {
    await once(spawn('chmod', ['-R', 'u+rwX', path], { stdio: 'ignore' }), 'close');
    await remove();
  });
}
