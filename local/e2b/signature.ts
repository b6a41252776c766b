import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from './api-error.ts';
import type { Sandbox } from './sandbox.ts';

export interface FileAccess {
  path: string;
  user: string;
  operation: 'read' | 'write';
}

/**
 * `v1_` and the unpadded base64 SHA-256 of `path:operation:user:token[:expiration]`, as the SDK signs file URLs.
 * @param expiration unix seconds, as written in the URL.
 */
export function signatureOf(access: FileAccess, token: string, expiration: string | null): string {
  const parts = [access.path, access.operation, access.user, token, ...(expiration === null ? [] : [expiration])];
  return `v1_${createHash('sha256').update(parts.join(':')).digest('base64').replace(/=+$/, '')}`;
}

/** A signed URL carries no sandbox id: the sandbox is the one whose token verifies it. @throws ApiError 401 */
export function findSigned(sandboxes: Sandbox[], query: URLSearchParams, access: FileAccess): Sandbox {
  const expiration = query.get('signature_expiration');
  const given = query.get('signature') ?? '';
  const verifies = ({ accessToken }: Sandbox) =>
    accessToken !== undefined && isSame(signatureOf(access, accessToken, expiration), given);
  const sandbox = sandboxes.find(verifies);
  if (!given) {
    throw new ApiError(401, 'missing signature query parameter');
  }
  if (!sandbox) {
    throw new ApiError(401, 'invalid signature');
  }
  if (expiration !== null && Number(expiration) < Date.now() / 1000) {
    throw new ApiError(401, 'signature is already expired');
  }
  return sandbox;
}

/** Compares in a time that does not tell where they differ. */
export function isSame(left: string, right: string): boolean {
  const digests = [left, right].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(digests[0] as Buffer, digests[1] as Buffer);
}
