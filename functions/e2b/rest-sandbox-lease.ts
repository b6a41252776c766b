import { SandboxLost } from '#core/errors';
import type { Clock } from '#core/ports/clock';
import type { SandboxLease } from '#core/ports/sandboxes';

export interface LeaseSettings {
  apiKey: () => Promise<string>;
  domain: string;
  apiUrl: string;
  clock: Clock;
}

const everything = '0.0.0.0/0';
const timeoutMs = 5_000;

/**
 * Lifetime and egress of a sandbox over e2b's REST API, by fetch: two calls do not carry a whole SDK into a function
 * that runs on every beat.
 */
export function restSandboxLease(settings: LeaseSettings): SandboxLease {
  const base = settings.apiUrl || `https://api.${settings.domain || 'e2b.app'}`;

  const call = async (method: 'POST' | 'PUT', sandboxId: string, what: string, body: unknown): Promise<void> => {
    const response = await fetch(`${base}/sandboxes/${encodeURIComponent(sandboxId)}/${what}`, {
      method,
      headers: { 'X-API-Key': await settings.apiKey(), 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) {
      await response.body?.cancel();
      return;
    }
    const text = await response.text();
    if (isNotFound(text)) throw new SandboxLost(`sandbox ${sandboxId} is gone`);
    throw new Error(`the sandbox provider answered ${response.status} to ${what}: ${text.slice(0, 200)}`);
  };

  return {
    async renew(sandboxId, seconds) {
      const until = settings.clock.at(seconds);
      await call('POST', sandboxId, 'timeout', { timeout: Math.max(1, Math.ceil(seconds)) });
      return until;
    },
    // The whole policy: a field that is left out is cleared.
    restrict: (sandboxId, { allow }) =>
      call('PUT', sandboxId, 'network', { allowOut: allow, denyOut: [everything], allow_internet_access: true }),
  };
}

/** Only a 404 in the body is the control plane's word; one in the status alone may be a wrong address. */
function isNotFound(body: string): boolean {
  try {
    return (JSON.parse(body) as { code?: unknown } | null)?.code === 404;
  } catch {
    return false;
  }
}
