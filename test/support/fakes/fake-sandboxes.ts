import { PatchbayError, SandboxLost } from '#core/errors';
import type { Clock } from '#core/ports/clock';
import type { CommandOutcome, Egress, Sandboxes, SandboxInfo, SandboxLease } from '#core/ports/sandboxes';

export interface FakeSandbox {
  id: string;
  metadata: Record<string, string>;
  startedAt: number;
  /** ms since the epoch: it dies then by itself. */
  endsAt: number;
  killed: boolean;
  egress: Egress;
  files: Map<string, Uint8Array>;
  /** Commands of `run` and `start`, in order. */
  commands: string[];
}

/** A provider and its sandboxes. Faults come from `world.faults`, e.g. `before('sandboxes.create', new ProviderBusy('no slot'))`. */
export interface FakeSandboxes extends Sandboxes {
  all: FakeSandbox[];
  alive(): FakeSandbox[];
  find(id: string): FakeSandbox;
  /** Answers `run`; undefined means exit code 0 and no output. */
  onRun: (sandbox: FakeSandbox, command: string) => Partial<CommandOutcome> | undefined;
  /** Puts a file that the runner would have left. */
  leave(id: string, path: string, body: string | Uint8Array): void;
  lease: SandboxLease;
}

export function fakeSandboxes(clock: Clock): FakeSandboxes {
  const all: FakeSandbox[] = [];
  const isAlive = ({ killed, endsAt }: FakeSandbox) => !killed && endsAt > clock.now();
  const live = (id: string) => {
    const sandbox = all.find((one) => one.id === id);
    if (!sandbox || !isAlive(sandbox)) throw new SandboxLost(`there is no sandbox ${id}`);
    return sandbox;
  };
  const setLife = (sandbox: FakeSandbox, seconds: number) => {
    sandbox.endsAt = Date.parse(clock.at(seconds));
  };

  const fake: FakeSandboxes = {
    all,
    alive: () => all.filter(isAlive),
    find(id) {
      const sandbox = all.find((one) => one.id === id);
      if (!sandbox) throw new Error(`no sandbox ${id} was ever created`);
      return sandbox;
    },
    onRun: () => undefined,
    leave: (id, path, body) => void fake.find(id).files.set(path, bytes(body)),
    lease: {
      async renew(id, seconds) {
        setLife(live(id), seconds);
        return clock.at(seconds);
      },
      async restrict(id, egress) {
        live(id).egress = egress;
      },
    },
    async create(metadata, { seconds }, egress) {
      const sandbox: FakeSandbox = {
        id: `sbx${all.length + 1}`,
        metadata: { ...metadata },
        startedAt: clock.now(),
        endsAt: 0,
        killed: false,
        egress,
        files: new Map(),
        commands: [],
      };
      setLife(sandbox, seconds);
      all.push(sandbox);
      return { sandbox_id: sandbox.id };
    },
    list: async (wanted) =>
      all
        .filter(isAlive)
        .filter(({ metadata }) => Object.entries(wanted).every(([name, value]) => metadata[name] === value))
        .map(infoOf),
    async info(id) {
      const sandbox = all.find((one) => one.id === id);
      return sandbox && isAlive(sandbox) ? infoOf(sandbox) : undefined;
    },
    setLife: async (id, seconds) => setLife(live(id), seconds),
    async kill(id) {
      const sandbox = all.find((one) => one.id === id);
      if (sandbox) sandbox.killed = true;
      return true;
    },
    async run(id, command) {
      const sandbox = live(id);
      sandbox.commands.push(command);
      return { exit_code: 0, stdout: '', stderr: '', ...fake.onRun(sandbox, command) };
    },
    async start(id, command) {
      return live(id).commands.push(command);
    },
    async write(id, path, body) {
      live(id).files.set(path, bytes(body));
    },
    async read(id, path, maxBytes) {
      const body = live(id).files.get(path);
      if (body && body.length > maxBytes) {
        throw new PatchbayError('payload_too_large', `${path} has ${body.length} bytes, at most ${maxBytes} are read`);
      }
      return body?.slice();
    },
  };
  return fake;
}

const bytes = (body: string | Uint8Array) => (typeof body === 'string' ? new TextEncoder().encode(body) : body.slice());

function infoOf({ id, metadata, startedAt, endsAt }: FakeSandbox): SandboxInfo {
  return {
    sandbox_id: id,
    metadata: { ...metadata },
    started_at: new Date(startedAt).toISOString(),
    ends_at: new Date(endsAt).toISOString(),
  };
}
