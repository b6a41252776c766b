import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerApiError } from './api-error.ts';
import { FaultBook } from './faults.ts';
import { serveRequest } from './request-router.ts';
import { SandboxFleet } from './sandbox-fleet.ts';
import { removeTree } from './sandbox-folders.ts';
import { prepareHost } from './sandbox-host.ts';
import { type SandboxLimits, watchLimits } from './sandbox-limits.ts';

export interface E2bServerOptions {
  /** Callers of the control plane send it as `X-API-Key`. */
  apiKey: string;
  /** Sandboxes' homes and workspaces live under it; wiped at start, and a sandbox's part when it ends. */
  stateDir: string;
  /** 0 or absent: a free one. One loopback listener serves the control plane and every envd. */
  port?: number;
  /** Divides every lifetime and command timeout; 1 unless set. */
  timeScale?: number;
  /** Live sandboxes at a time; 20 unless set, as on the smallest plan. */
  maxConcurrent?: number;
  /** Longest life of a sandbox from its start; 3,600 unless set, as on the smallest plan. */
  maxLifeSeconds?: number;
  /** Names that `create` accepts; `base` and `patchbay` unless set. All are the host's tools. */
  templates?: string[];
  /** `host:port` pairs on this machine's loopback that sandboxes may reach, if their own rules allow it too. */
  loopbackTargets?: () => string[];
  /** `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`: how allowed connections leave this machine; directly unless set. */
  proxyVariables?: Record<string, string>;
  /** What a sandbox may use; those of e2b's default machine with 4 GiB unless set. */
  limits?: Partial<SandboxLimits>;
  /** Where bubblewrap is, unless PATH leads to it; false: plain processes even where it works. */
  bubblewrap?: string | false;
  /** Folders and files that every jail sees read-only. */
  readOnlyBinds?: Array<{ from: string; to: string }>;
  /** First on PATH in every jail. */
  pathPrefix?: string[];
  /** One line at a time, without a line end. */
  log?: (line: string) => void;
}

export interface E2bServer {
  /** Both `apiUrl` and `sandboxUrl` of the SDK. */
  url: string;
  apiKey: string;
  /** False: bubblewrap is missing or refused here, and sandboxes are plain processes. */
  jailed: boolean;
  sandboxes(): Array<{ sandboxId: string; metadata: Record<string, string>; startedAt: string; state: string }>;
  /** Faults to inject into its answers, for tests; also `/_admin/faults`. */
  faults: FaultBook;
  /** Ends every sandbox; settles when nothing of them is left. */
  stop(): Promise<void>;
}

/**
 * Starts a server that the unmodified `e2b` SDK talks to. Every sandbox ends with the process that called this.
 * @throws when Python 3 or a folder to bind is missing, or the port is taken.
 */
export async function startE2bServer(options: E2bServerOptions): Promise<E2bServer> {
  const faults = new FaultBook();
  const host = await prepareHost(options, faults);
  const fleet = new SandboxFleet(host, {
    maxConcurrent: options.maxConcurrent ?? 20,
    maxLifeSeconds: options.maxLifeSeconds ?? 3600,
    templates: options.templates ?? ['base', 'patchbay'],
  });
  const stopWatching = watchLimits(fleet, host);
  const server = createServer((request, response) => {
    serveRequest({ fleet, faults, apiKey: options.apiKey, timeScale: host.timeScale }, request, response).catch(
      (error) => {
        host.log(`${request.method} ${request.url}: ${error}`);
        response.headersSent ? response.destroy() : answerApiError(response, error);
      },
    );
  });
  // A command may be silent for longer than the five minutes after which Node ends a request.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: options.apiKey,
    jailed: host.jail.bwrap !== undefined,
    faults,
    sandboxes: () =>
      fleet.all().map(({ id, request, startedAt }) => ({
        sandboxId: id,
        metadata: request.metadata,
        startedAt: startedAt.toISOString(),
        state: 'running',
      })),
    stop: async () => {
      stopWatching();
      const closed = new Promise((resolve) => server.close(resolve));
      await fleet.stop();
      server.closeAllConnections();
      await closed;
      await removeTree(host.socketFolder);
    },
  };
}
