import { parseSlotName } from '#core/ids';
import type { Attempt, Job } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { World } from '#core/ports/world';
import { ageSeconds } from './age-seconds.ts';

type Ports = Pick<World, 'jobs' | 'attempts' | 'clock'>;

/** Between an end and the return of its slot lie the kill and a few writes: younger ends prove nothing. */
const graceSeconds = 120;

/** Slots of one job that are held though nothing is at work on them: each keeps somebody waiting. */
export interface Leak {
  /** Undefined: there is no such job. */
  job: Job | undefined;
  attempts: Attempt[];
  slots: number;
}

/** Of a tenant's slots, by job. */
export async function leaksOf(world: Ports, tenant: string, slots: readonly string[]): Promise<Leak[]> {
  const held = slots.map(parseSlotName);
  const leaks: Leak[] = [];
  for (const jobId of new Set(held.map((slot) => slot.job_id))) {
    const job = await world.jobs.get(tenant, jobId);
    const attempts = job === undefined ? [] : await world.attempts.list(tenant, jobId);
    const own = held.filter((slot) => slot.job_id === jobId);
    const leaked = own.filter((slot) => !isInUse(world, job, attempts, slot)).length;
    if (leaked > 0) leaks.push({ job, attempts, slots: leaked });
  }
  return leaks;
}

function isInUse(
  { clock }: Ports,
  job: Job | undefined,
  attempts: readonly Attempt[],
  held: { round: number; slot: number },
): boolean {
  if (job === undefined) return false;
  const isRecent = (at: string | undefined) => at !== undefined && ageSeconds(clock, at) < graceSeconds;
  // A queued row: its dispatcher has taken the slots and is about to say `running`, or gives them back.
  const atWork = job.status === 'running' || job.status === 'cancelling';
  if (!atWork || job.round !== held.round) return isRecent(job.claim?.until) || isRecent(job.transitions.at(-1)?.at);
  if (held.slot === 0) return true;
  const attempt = attempts.find(({ round, slot }) => round === held.round && slot === held.slot);
  return attempt === undefined || !hasAttemptEnded(attempt.status) || isRecent(attempt.finished_at);
}
