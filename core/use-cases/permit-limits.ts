import { easedLimit } from '#core/job/easing';
import { installScope } from '#core/job/permit-scopes';
import type { Installation, World } from '#core/ports/world';
import { ageSeconds } from './age-seconds.ts';

/** The limits as they are now: that of the installation may be lowered for a while, see `easeOff`. */
export async function permitLimits(
  world: Pick<World, 'permits' | 'installation' | 'clock'>,
): Promise<Installation['permit_limits']> {
  const { permit_limits } = world.installation;
  const easing = await world.permits.easing(installScope);
  const age = easing === undefined ? 0 : ageSeconds(world.clock, easing.at);
  return { ...permit_limits, install: easedLimit(permit_limits.install, easing, age) };
}

/**
 * The provider has no slot left, whatever our limit says: other installations use the same account, or its plan is
 * smaller. Until it has grown back, no more jobs start than had sandboxes just now; one always may, or nobody would find
 * out. Never throws: it is a hint, and the create that was refused has its own error.
 */
export async function easeOff(
  world: Pick<World, 'permits' | 'installation' | 'sandboxes' | 'clock' | 'note'>,
): Promise<void> {
  try {
    const at = world.clock.at();
    const { install_id } = world.installation;
    const to = Math.max(1, (await world.sandboxes.list({ install_id })).length);
    await world.permits.ease(installScope, { to, at });
    world.note('the provider has no slot left: the limit is lowered for a while', { level: 'warning', limit: to });
  } catch (error) {
    world.note('the limit was not lowered', { level: 'warning', error });
  }
}
