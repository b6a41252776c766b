import { randomBytes } from 'node:crypto';
import { type EgressDoor, openEgressDoor } from './egress-proxy.ts';
import { type Jail, startJail } from './jail.ts';
import { JAIL_HOME, JAIL_WORKSPACE, PROXY_PORT } from './jail-files.ts';
import { ProcessTable } from './process-table.ts';
import { makeFolders, removeFolders, type SandboxFolders } from './sandbox-folders.ts';
import type { SandboxHost } from './sandbox-host.ts';
import type { EgressRules, SandboxRequest } from './sandbox-request.ts';

/** How long envd answers for a process that has ended. */
const EXIT_RETENTION_MS = 30_000;

/** A live sandbox. */
export interface Sandbox {
  readonly id: string;
  readonly request: SandboxRequest;
  /** Absent where the older create asked for no security. */
  readonly accessToken: string | undefined;
  /** Set where public traffic is not allowed. */
  readonly trafficToken: string | undefined;
  readonly startedAt: Date;
  endAt: Date;
  readonly egress: EgressRules;
  readonly processes: ProcessTable;
  /** The supervisor's socket. */
  readonly control: string;
  /** As commands see them. */
  readonly home: string;
  readonly workspace: string;
  /** The environment of each command before the sandbox's and the call's own. */
  readonly baseEnv: Record<string, string>;
  /** Bytes that it may use of the disk are used up. */
  overDisk: boolean;
  /** Settles once every process is gone. */
  readonly ended: Promise<void>;
  /** Replaces the rules; connections that the new ones forbid are cut. */
  setEgress(rules: EgressRules): void;
  /** Ends all processes; settles when they are gone, before the folders are. */
  end(): Promise<void>;
  /** Settles when nothing of it is left. */
  removed: Promise<void> | undefined;
}

/** @throws when the jail does not come up; nothing is left then. */
export async function startSandbox(host: SandboxHost, request: SandboxRequest): Promise<Sandbox> {
  const id = `i${randomBytes(10).toString('hex')}`;
  const folders = await makeFolders(host, id);
  let rules = request.egress;
  const door = await openEgressDoor(host, folders, () => rules, request.metadata);
  const jail = await startJail(host.jail, folders, (line) => host.log(`${id} ${line}`)).catch(async (error) => {
    door.close();
    await removeFolders(folders);
    throw error;
  });
  const processes = new ProcessTable(jail.control, EXIT_RETENTION_MS / host.timeScale);
  const sandbox: Sandbox = {
    id,
    request,
    accessToken: request.secure ? `ea_${randomBytes(20).toString('hex')}` : undefined,
    trafficToken: request.allowPublicTraffic ? undefined : `ta_${randomBytes(20).toString('hex')}`,
    startedAt: new Date(),
    endAt: new Date(),
    get egress() {
      return rules;
    },
    processes,
    control: jail.control,
    ...placesOf(host, folders, door),
    overDisk: false,
    ended: jail.ended,
    setEgress: (next) => {
      rules = next;
      door.recheck();
    },
    end: () => endSandbox(sandbox, jail, door, folders),
    removed: undefined,
  };
  return sandbox;
}

async function endSandbox(sandbox: Sandbox, jail: Jail, door: EgressDoor, folders: SandboxFolders): Promise<void> {
  jail.kill();
  sandbox.processes.dispose();
  door.close();
  await jail.ended;
  sandbox.removed ??= removeFolders(folders);
}

function placesOf(host: SandboxHost, folders: SandboxFolders, door: EgressDoor) {
  const home = host.jail.bwrap ? JAIL_HOME : folders.home;
  const workspace = host.jail.bwrap ? JAIL_WORKSPACE : folders.workspace;
  const proxy = `http://127.0.0.1:${door.port ?? PROXY_PORT}`;
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [name, proxy]);
  const baseEnv = {
    PATH: host.toolchain.path.join(':'),
    HOME: home,
    LANG: 'C.UTF-8',
    PATCHBAY_WORKSPACE_ROOT: workspace,
    ...host.toolchain.env,
    ...Object.fromEntries(proxies),
  };
  return { home, workspace, baseEnv };
}
