import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { FaultBook } from './faults.ts';
import { type Bubblewrap, type JailSetup, startJail } from './jail.ts';
import { prepareEtc, systemOptions } from './jail-files.ts';
import { type OutsideProxy, outsideProxy } from './outside-proxy.ts';
import { makeFolders, removeFolders, removeTree } from './sandbox-folders.ts';
import { DEFAULT_LIMITS, type SandboxLimits } from './sandbox-limits.ts';
import type { E2bServerOptions } from './server.ts';
import { findPython, findToolchain, type Toolchain } from './toolchain.ts';

/** What every sandbox of one server has in common. */
export interface SandboxHost {
  jail: JailSetup;
  toolchain: Toolchain;
  /** Sandboxes' folders live here; wiped at start. */
  folder: string;
  socketFolder: string;
  timeScale: number;
  limits: SandboxLimits;
  /** `host:port` pairs on loopback that rules may allow. */
  loopbackTargets: () => string[];
  outsideProxy: OutsideProxy;
  faults: FaultBook;
  log: (line: string) => void;
}

/** Longest path of the folder that holds a sandbox's socket folder, so that `<folder>/<id>/c` stays under 104. */
const SOCKET_FOLDER_LENGTH = 78;

/** Wipes what an earlier server left, reads the toolchain and tries bubblewrap out. */
export async function prepareHost(options: E2bServerOptions, faults: FaultBook): Promise<SandboxHost> {
  const stateDir = resolve(options.stateDir);
  const folder = join(stateDir, 'sandboxes');
  const socketFolder = await freshSocketFolder(stateDir);
  await removeTree(folder);
  await mkdir(folder, { recursive: true });
  const toolchain = findToolchain(process.env.PATH ?? '', options.pathPrefix);
  const binds = [...toolchain.binds.map((path) => ({ from: path, to: path })), ...(options.readOnlyBinds ?? [])];
  const missing = binds.find((bind) => !existsSync(bind.from));
  if (missing) {
    throw new Error(`a sandbox should see ${missing.from}, which does not exist`);
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const jail: JailSetup = {
    bwrap: undefined,
    python: findPython(toolchain),
    systemMounts: [...systemOptions(), ...(await prepareEtc(join(stateDir, 'etc'), toolchain))],
    extraMounts: binds.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    limits,
  };
  const log = options.log ?? (() => {});
  const host: SandboxHost = {
    jail,
    toolchain,
    folder,
    socketFolder,
    timeScale: options.timeScale ?? 1,
    limits,
    loopbackTargets: options.loopbackTargets ?? (() => []),
    outsideProxy: outsideProxy(options.proxyVariables ?? {}),
    faults,
    log,
  };
  jail.bwrap = await findBubblewrap(host, options.bubblewrap);
  return host;
}

/** Tries real jails, the better first: `bwrap --version` works on hosts that refuse what a jail needs. */
async function findBubblewrap(host: SandboxHost, given?: string | false): Promise<Bubblewrap | undefined> {
  const path = given ?? findOnPath('bwrap');
  const candidates = path ? [true, false].map((disablesUserNamespaces) => ({ path, disablesUserNamespaces })) : [];
  const reasons = path === undefined ? ['bubblewrap (bwrap) is not installed'] : [];
  for (const candidate of candidates) {
    try {
      await tryJail(host, candidate);
      return candidate;
    } catch (error) {
      reasons.push(String(error));
    }
  }
  host.log('WARNING sandboxes are NOT isolated: they are plain processes with the rights of this user.');
  host.log(`WARNING run only code you trust. Reason: ${reasons.join('; ') || 'asked for'}`);
  return undefined;
}

function findOnPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync);
}

async function tryJail(host: SandboxHost, bwrap: Bubblewrap): Promise<void> {
  const probe = { ...host, jail: { ...host.jail, bwrap } };
  const folders = await makeFolders(probe, 'probe');
  try {
    const jail = await startJail(probe.jail, folders);
    jail.kill();
    await jail.ended;
  } finally {
    await removeFolders(folders);
  }
}

/** Under the state folder where its path is short enough, else in a temporary folder that the state folder remembers. */
async function freshSocketFolder(stateDir: string): Promise<string> {
  await mkdir(stateDir, { recursive: true });
  const note = join(stateDir, 'socket-folder');
  const earlier = await readFile(note, 'utf8').catch(() => undefined);
  if (earlier) {
    await removeTree(earlier);
  }
  const own = join(stateDir, 's');
  if (own.length <= SOCKET_FOLDER_LENGTH) {
    await mkdir(own, { recursive: true, mode: 0o700 });
    await writeFile(note, own);
    return own;
  }
  const temporary = await mkdtemp(join(tmpdir(), 'patchbay-'));
  await writeFile(note, temporary);
  return temporary;
}
