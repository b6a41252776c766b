import { setTimeout as pause } from 'node:timers/promises';
import type { E2B, Sandbox } from 'e2b';
import { SandboxLost } from '#core/errors';
import type { Sandboxes, SandboxInfo } from '#core/ports/sandboxes';
import { createFailure, errorName, isFinal, isGone, listFailure, statusOf } from './e2b-errors.ts';
import { readFile } from './read-file.ts';

export interface E2bSettings {
  /** Asked for at every call: a rotated key is in use within minutes. */
  apiKey: () => Promise<string>;
  template: string;
  /** Each empty: the provider's own. Local and self-hosted providers have addresses instead of a domain. */
  domain: string;
  apiUrl: string;
  sandboxUrl: string;
}

/** The SDK repeats a 429 by itself and waits in the Lambda for it; the workflow waits for free. */
const patience = { retries: 0, requestTimeoutMs: 20_000 } as const;
const createTimeoutMs = 40_000;
/** Connecting sets the lifetime to at least this: short enough that it never extends one. */
const connectLifeMs = 1_000;
/** Every address, as the provider writes it. */
const everywhere = '0.0.0.0/0';
/** A failure inside a sandbox that came so fast is no timeout of ours; then a second try follows. */
const atOnceMs = 5_000;
const secondTryMs = 500;

/** Sandboxes of e2b (Cloud, BYOC, self-hosted) and of whatever speaks its protocol. */
export function e2bSandboxes(settings: E2bSettings): Sandboxes {
  const client = clientOf(settings);
  const connected = connections(client);

  const info = async (sandboxId: string): Promise<SandboxInfo | undefined> => {
    try {
      return infoOf(await (await client()).Sandbox.getInfo(sandboxId));
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };

  /**
   * Inside a sandbox: whatever fails there, only the control plane knows whether the sandbox is gone. A daemon that
   * refuses at once is asked once more: everything that we do in there may be done twice.
   */
  const inside = async <T>(sandboxId: string, act: (sandbox: Sandbox) => Promise<T>, tries = 2): Promise<T> => {
    const began = Date.now();
    try {
      return await act(await connected(sandboxId));
    } catch (error) {
      if (isOurs(error)) throw error;
      if ((await info(sandboxId)) === undefined) throw new SandboxLost(`sandbox ${sandboxId} is gone`, error);
      if (tries === 1 || isFinal(error) || Date.now() - began > atOnceMs) throw error;
      await pause(secondTryMs);
      return await inside(sandboxId, act, tries - 1);
    }
  };

  return {
    info,

    async create(metadata, life, egress) {
      const { Sandbox } = await client();
      try {
        const sandbox = await Sandbox.create(settings.template, {
          timeoutMs: life.seconds * 1_000,
          requestTimeoutMs: createTimeoutMs,
          metadata: { ...metadata },
          // Allow wins over deny, and names are only filtered beside a deny of everything.
          network: { allowOut: egress.allow, denyOut: [everywhere], allowPublicTraffic: false },
          lifecycle: { onTimeout: 'kill' },
        });
        return { sandbox_id: sandbox.sandboxId };
      } catch (error) {
        throw createFailure(error, settings.template);
      }
    },

    async list(metadata) {
      const query = { metadata: Object.fromEntries(Object.entries(metadata)) };
      const pages = (await client()).Sandbox.list({ query, limit: 100 });
      const found: SandboxInfo[] = [];
      try {
        while (pages.hasNext) found.push(...(await pages.nextItems()).map(infoOf));
      } catch (error) {
        throw listFailure(error);
      }
      return found;
    },

    async setLife(sandboxId, seconds) {
      try {
        await (await client()).Sandbox.setTimeout(sandboxId, seconds * 1_000);
      } catch (error) {
        if (isGone(error)) throw new SandboxLost(`sandbox ${sandboxId} is gone`, error);
        throw error;
      }
    },

    async kill(sandboxId) {
      try {
        // False means that there was none: dead all the same.
        await (await client()).Sandbox.kill(sandboxId);
        return true;
      } catch (error) {
        // 409: it is changing its state, maybe being killed by somebody else.
        if (statusOf(error) !== 409) throw error;
        return (await info(sandboxId)) === undefined;
      }
    },

    run: (sandboxId, command, { timeoutSeconds }) =>
      inside(sandboxId, async (sandbox) => {
        try {
          const { exitCode, stdout, stderr } = await sandbox.commands.run(command, {
            timeoutMs: timeoutSeconds * 1_000,
          });
          return { exit_code: exitCode, stdout, stderr };
        } catch (error) {
          if (errorName(error) !== 'CommandExitError') throw error;
          const { exitCode, stdout, stderr } = error as { exitCode: number; stdout: string; stderr: string } & Error;
          return { exit_code: exitCode, stdout, stderr };
        }
      }),

    start: (sandboxId, command) =>
      inside(sandboxId, async (sandbox) => {
        // timeoutMs 0: without it the server kills the command after a minute.
        const handle = await sandbox.commands.run(command, { background: true, timeoutMs: 0 });
        await handle.disconnect();
        return handle.pid;
      }),

    write: (sandboxId, path, body) =>
      inside(sandboxId, async (sandbox) => {
        await sandbox.files.write(path, typeof body === 'string' ? body : new Blob([new Uint8Array(body)]));
      }),

    read: (sandboxId, path, maxBytes) => inside(sandboxId, (sandbox) => readFile(sandbox, path, maxBytes)),
  };
}

/** Ours and final: nothing to look up. */
function isOurs(error: unknown): boolean {
  return errorName(error) === 'SandboxLost' || errorName(error) === 'PatchbayError';
}

function clientOf(settings: E2bSettings): () => Promise<E2B> {
  let made: { key: string; client: E2B } | undefined;
  return async () => {
    const apiKey = await settings.apiKey();
    if (made?.key !== apiKey) {
      // A chunk of its own, read at the first call: some functions rarely touch a sandbox.
      const { E2B } = await import('e2b');
      const { domain, apiUrl, sandboxUrl } = settings;
      const addresses = { ...(domain && { domain }), ...(apiUrl && { apiUrl }), ...(sandboxUrl && { sandboxUrl }) };
      made = { key: apiKey, client: new E2B({ apiKey, ...addresses, ...patience }) };
    }
    return made.client;
  };
}

/** Calls into a sandbox need its own token, which only connecting gives. It stays the same while the sandbox lives. */
function connections(client: () => Promise<E2B>): (sandboxId: string) => Promise<Sandbox> {
  const kept = new Map<string, Promise<Sandbox>>();
  return async (sandboxId) => {
    const known = kept.get(sandboxId);
    if (known !== undefined) return await known;
    const connecting = client().then(({ Sandbox }) => Sandbox.connect(sandboxId, { timeoutMs: connectLifeMs }));
    if (kept.size >= 32) kept.clear();
    kept.set(sandboxId, connecting);
    connecting.catch(() => kept.delete(sandboxId));
    return await connecting;
  };
}

function infoOf(info: {
  sandboxId: string;
  metadata: Record<string, string>;
  startedAt: Date;
  endAt: Date;
}): SandboxInfo {
  return {
    sandbox_id: info.sandboxId,
    metadata: info.metadata,
    started_at: info.startedAt.toISOString(),
    ends_at: info.endAt.toISOString(),
  };
}
