import { PatchbayError, ProviderBusy } from '#core/errors';

/**
 * The SDK's errors by `name`: a bundle may hold two copies of its classes, which breaks `instanceof`; and three of them
 * are no `SandboxError`.
 */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** The control plane says that there is no such sandbox. Of envd this name proves nothing: ask `getInfo`. */
export function isGone(error: unknown): boolean {
  return errorName(error) === 'SandboxNotFoundError';
}

const final = [
  'AuthenticationError',
  'CommandExitError',
  'FileNotFoundError',
  'InvalidArgumentError',
  'NotEnoughSpaceError',
  'NotFoundError',
];

/** An answer of a sandbox's own daemon that a second try would get too. */
export function isFinal(error: unknown): boolean {
  return final.includes(errorName(error));
}

/**
 * What a failed create means: refused for now, refused for ever, or unknown (returned as it is: there may be a sandbox).
 */
export function createFailure(error: unknown, template: string): unknown {
  const name = errorName(error);
  const message = error instanceof Error ? error.message : '';
  if (name === 'RateLimitError') return new ProviderBusy(message, error, /maximum number of concurrent/i.test(message));
  if (name === 'ServiceBusyError') return new ProviderBusy(message, error);
  if (name === 'AuthenticationError') return keyRefused(error);
  if (statusOf(error) === 404) {
    const remedy = 'Build the template in the team of this API key, then deploy with E2bTemplate set to it.';
    return misconfigured(`The sandbox provider knows no template "${template}".`, remedy, error);
  }
  if (statusOf(error) === 405) {
    const remedy = 'Update the sandbox provider: it has to serve POST /v2/sandboxes.';
    return misconfigured('The sandbox provider cannot create sandboxes by this API.', remedy, error);
  }
  if (statusOf(error) === 400 || statusOf(error) === 403 || name === 'InvalidArgumentError') {
    const remedy = 'Check template, lifetime and network settings against the plan of the provider.';
    return misconfigured(`The sandbox provider refuses the create: ${message}`, remedy, error);
  }
  return error;
}

/** What a failed list means: every step lists first, so a key that is refused shows here. */
export function listFailure(error: unknown): unknown {
  return errorName(error) === 'AuthenticationError' ? keyRefused(error) : error;
}

function keyRefused(cause: unknown): PatchbayError {
  const remedy = 'Put a valid key into the secret for it: docs/deploy.md, Keys.';
  return misconfigured('The sandbox provider does not accept the API key.', remedy, cause);
}

/** The remedy is part of the message: no other part of an error gets from a step to the person who waits for it. */
function misconfigured(message: string, remedy: string, cause: unknown): PatchbayError {
  return new PatchbayError('internal', `${message} ${remedy}`, { cause });
}
