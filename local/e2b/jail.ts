import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { JAIL_HOME, JAIL_WORKSPACE } from './jail-files.ts';
import type { SandboxFolders } from './sandbox-folders.ts';
import type { SandboxLimits } from './sandbox-limits.ts';

const SUPERVISOR = fileURLToPath(new URL('supervisor', import.meta.url));
const JAIL_SUPERVISOR = '/run/patchbay/supervisor';
const JAIL_SOCKETS = '/run/patchbay/sockets';
const START_TIMEOUT_MS = 20_000;

/** A bubblewrap that works here. */
export interface Bubblewrap {
  path: string;
  /** It can forbid further user namespaces (0.8 and later), a way to many kernel faults. */
  disablesUserNamespaces: boolean;
}

/** What all sandboxes of a server have in common. */
export interface JailSetup {
  /** Undefined: plain processes, for hosts where bubblewrap is missing or refused. */
  bwrap: Bubblewrap | undefined;
  python: string;
  /** bwrap options for the system and /etc. */
  systemMounts: string[];
  /** bwrap options for the toolchain and the caller's folders; after the sandbox's own, which they may lie in. */
  extraMounts: string[];
  /** Those that every process inherits. */
  limits: Pick<SandboxLimits, 'fileBytes' | 'processes' | 'openFiles'>;
}

/** A running supervisor, and with it the life of everything the sandbox runs. */
export interface Jail {
  /** The supervisor's unix socket, on the host. */
  control: string;
  /** Settles when every process of the jail is gone, for whatever reason. */
  ended: Promise<void>;
  /** Ends every process now. */
  kill(): void;
}

/**
 * Starts the supervisor of a sandbox: in a bubblewrap jail as its PID 1, or as a plain process.
 * @throws Error with the last words of bwrap or of the supervisor when it does not come up.
 */
export async function startJail(
  setup: JailSetup,
  folders: SandboxFolders,
  log: (line: string) => void = () => {},
): Promise<Jail> {
  const child = setup.bwrap ? spawnJailed(setup.bwrap, setup, folders) : spawnPlain(setup, folders);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const words: string[] = [];
  child.stderr?.on('data', (data: Buffer) => {
    words.push(data.toString());
    words.splice(0, words.length - 20);
    log(data.toString().trimEnd());
  });
  try {
    await ready(child);
  } catch (cause) {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`the sandbox did not start: ${words.join('').trim() || cause}`, { cause });
  }
  // So that a command that tidies up /run cannot take the supervisor's socket away.
  await chmod(folders.sockets, 0o555);
  return { control: join(folders.sockets, 'c'), ended, kill: () => end(child, setup.bwrap !== undefined) };
}

function spawnJailed(bwrap: Bubblewrap, setup: JailSetup, folders: SandboxFolders): ChildProcess {
  const settings = {
    socket: `${JAIL_SOCKETS}/c`,
    egress: `${JAIL_SOCKETS}/e`,
    limits: inherited(setup),
    jailed: true,
  };
  const mounts = [...setup.systemMounts, ...ownMounts(folders), ...setup.extraMounts];
  const options = [...isolation(bwrap), ...mounts, '--remount-ro', '/dev', '--remount-ro', '/'];
  // Whatever is in bwrap's environment or arguments can be read from inside while bwrap is there: none, and by a pipe.
  const child = spawn(bwrap.path, ['--args', '3', '--', ...supervise(setup.python, JAIL_SUPERVISOR, settings)], {
    env: {},
    cwd: '/',
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const args = child.stdio[3] as Duplex | undefined;
  args?.on('error', () => child.kill('SIGKILL'));
  args?.end(options.map((option) => `${option}\0`).join(''));
  return child;
}

function spawnPlain(setup: JailSetup, folders: SandboxFolders): ChildProcess {
  const settings = { socket: join(folders.sockets, 'c'), limits: {}, jailed: false };
  const [python = setup.python, ...args] = supervise(setup.python, SUPERVISOR, settings);
  return spawn(python, args, { env: {}, cwd: folders.home, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
}

function inherited({ limits: { fileBytes, processes, openFiles } }: JailSetup) {
  return { fileBytes, processes, openFiles };
}

function supervise(python: string, folder: string, settings: object): string[] {
  return [python, '-I', '-S', '-B', folder, JSON.stringify(settings)];
}

/** `--as-pid-1` makes the supervisor immune to the signals of what it runs (a `pkill python` included). */
function isolation(bwrap: Bubblewrap): string[] {
  const unshare = ['user', 'pid', 'net', 'ipc', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`);
  const identity = ['--uid', '1000', '--gid', '1000', '--cap-drop', 'ALL', '--hostname', 'sandbox'];
  const nested = bwrap.disablesUserNamespaces ? ['--disable-userns'] : [];
  return [...unshare, ...identity, ...nested, '--die-with-parent', '--new-session', '--as-pid-1', '--clearenv'];
}

/**
 * Files of /proc that the kernel lets the real uid 0 write without any capability. The jail of a server that root
 * started still has that uid: `/proc/sys/kernel/core_pattern` alone would be a way out. bwrap does not cover them.
 */
const PROC_WRITABLE_BY_ROOT = ['/proc/sys', '/proc/sysrq-trigger', '/proc/mtrr'];

/** Everything writable is bound or sized: an unsized tmpfs would be unlimited memory. */
function ownMounts(folders: SandboxFolders): string[] {
  return [
    ...['--proc', '/proc', ...PROC_WRITABLE_BY_ROOT.flatMap((path) => ['--ro-bind-try', path, path])],
    ...['--dev', '/dev', '--size', String(64 * 1024 * 1024), '--tmpfs', '/dev/shm'],
    ...['--ro-bind', SUPERVISOR, JAIL_SUPERVISOR, '--bind', folders.sockets, JAIL_SOCKETS],
    ...['--bind', folders.tmp, '/tmp', '--bind', folders.home, JAIL_HOME, '--bind', folders.workspace, JAIL_WORKSPACE],
    ...['--symlink', '/tmp', '/var/tmp', '--chdir', JAIL_HOME],
  ];
}

async function ready(child: ChildProcess): Promise<void> {
  const stdout = child.stdout as Readable;
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const ended = once(child, 'close', { signal }).then(() => {
    throw new Error('it ended at once');
  });
  await Promise.race([once(stdout, 'data', { signal }), ended]);
}

/**
 * A jail ends with bwrap. A plain supervisor gets the end of its standard input and kills its descendants itself, which
 * nobody could find once it is gone.
 */
function end(child: ChildProcess, jailed: boolean): void {
  if (jailed) {
    child.kill('SIGKILL');
  } else {
    child.stdin?.destroy();
  }
}
