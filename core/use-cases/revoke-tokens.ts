import type { SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';

/** From here on neither callbacks nor gateway know these sandboxes. Idempotent. */
export async function revokeTokens(world: Pick<World, 'attemptTokens'>, rows: readonly SandboxRow[]): Promise<void> {
  for (const { token_sha256 } of rows) {
    if (token_sha256 !== undefined) await world.attemptTokens.revoke(token_sha256);
  }
}
