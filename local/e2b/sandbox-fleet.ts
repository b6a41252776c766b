import { ApiError } from './api-error.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import type { SandboxHost } from './sandbox-host.ts';
import type { SandboxRequest } from './sandbox-request.ts';

/** What the plan of an account allows. */
export interface Plan {
  maxConcurrent: number;
  /** From the start of a sandbox, before any time scale. */
  maxLifeSeconds: number;
  templates: string[];
}

/** A running sandbox that is asked to live on lives at least so long. */
const CONNECT_DEFAULT_SECONDS = 300;

/** All live sandboxes of a server, and the clock that ends each. */
export class SandboxFleet {
  readonly #host: SandboxHost;
  readonly #plan: Plan;
  readonly #live = new Map<string, { sandbox: Sandbox; timer: NodeJS.Timeout | undefined }>();
  readonly #ending = new Set<Promise<void>>();
  #starting = 0;
  #stopped = false;

  constructor(host: SandboxHost, plan: Plan) {
    this.#host = host;
    this.#plan = plan;
  }

  /**
   * @param defaultSeconds its life when the request names none.
   * @throws ApiError 400 over the plan, 404 for an unknown template, 429 when all slots are taken.
   */
  async create(request: SandboxRequest, defaultSeconds: number): Promise<Sandbox> {
    const seconds = this.#checkLife(request.timeoutSeconds ?? defaultSeconds);
    if (!this.#plan.templates.includes(request.templateId.split(':')[0] ?? '')) {
      throw new ApiError(404, `template '${request.templateId}' not found`);
    }
    if (this.#live.size + this.#starting >= this.#plan.maxConcurrent) {
      const words = `you have reached the maximum number of concurrent E2B sandboxes (${this.#plan.maxConcurrent})`;
      throw new ApiError(429, `${words}. If you need more, please contact us at 'https://e2b.dev/docs/getting-help'`);
    }
    this.#starting += 1;
    try {
      const sandbox = await startSandbox(this.#host, request);
      this.#live.set(sandbox.id, { sandbox, timer: undefined });
      this.#liveUntil(sandbox, seconds);
      // A jail that ends by itself (killed from outside) is a dead sandbox, not one that hangs.
      sandbox.ended.then(() => this.kill(sandbox.id));
      if (this.#stopped) {
        await this.kill(sandbox.id);
        throw new ApiError(503, 'the server is stopping');
      }
      return sandbox;
    } finally {
      this.#starting -= 1;
    }
  }

  find(id: string): Sandbox | undefined {
    return this.#live.get(id)?.sandbox;
  }

  /** @throws ApiError 404 */
  get(id: string): Sandbox {
    const sandbox = this.find(id);
    if (!sandbox) {
      throw new ApiError(404, `sandbox "${id}" doesn't exist or you don't have access to it`);
    }
    return sandbox;
  }

  all(): Sandbox[] {
    return [...this.#live.values()].map((entry) => entry.sandbox);
  }

  /** It counts as dead at once; settles when its processes are. False: there was none. */
  async kill(id: string): Promise<boolean> {
    const entry = this.#live.get(id);
    if (!entry) {
      return false;
    }
    this.#live.delete(id);
    clearTimeout(entry.timer);
    const end = entry.sandbox.end();
    const removal = end
      .then(() => entry.sandbox.removed)
      .catch((error) => this.#host.log(`${id} left files: ${error}`));
    const tracked: Promise<void> = removal.finally(() => this.#ending.delete(tracked));
    this.#ending.add(tracked);
    await end;
    return true;
  }

  /** Sets the end to `seconds` from now, cut at the plan's longest life. @throws ApiError 400 when that has passed. */
  setTimeout(sandbox: Sandbox, seconds: number): void {
    this.#liveUntil(sandbox, this.#checkLife(seconds, 'Max instance length exceeded'));
  }

  /** As setTimeout, but never earlier than it is already. */
  extend(sandbox: Sandbox, seconds: number = CONNECT_DEFAULT_SECONDS): void {
    const end = Date.now() + this.#scaled(this.#checkLife(seconds));
    if (end > sandbox.endAt.getTime()) {
      this.#liveUntil(sandbox, seconds);
    }
  }

  /** Ends everything; settles when nothing is left of it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.all().map((sandbox) => this.kill(sandbox.id)));
    await Promise.all(this.#ending);
  }

  #liveUntil(sandbox: Sandbox, seconds: number): void {
    const entry = this.#live.get(sandbox.id);
    const latest = sandbox.startedAt.getTime() + this.#scaled(this.#plan.maxLifeSeconds);
    const end = Math.min(Date.now() + this.#scaled(seconds), latest);
    if (end <= Date.now()) {
      throw new ApiError(400, 'Max instance length exceeded');
    }
    if (entry) {
      clearTimeout(entry.timer);
      sandbox.endAt = new Date(end);
      entry.timer = setTimeout(() => this.kill(sandbox.id), end - Date.now()).unref();
    }
  }

  #checkLife(seconds: number, message?: string): number {
    const most = this.#plan.maxLifeSeconds;
    if (seconds <= 0) {
      throw new ApiError(400, 'Timeout must be greater than 0');
    }
    if (seconds > most && !message) {
      throw new ApiError(400, `Timeout cannot be greater than ${most / 3600} hours`);
    }
    return seconds;
  }

  #scaled(seconds: number): number {
    return (seconds * 1000) / this.#host.timeScale;
  }
}
