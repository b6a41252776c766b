import { failure } from '#core/errors';
import { hasJobEnded } from '#core/job/lifecycle';
import { installScope, tenantOfScope } from '#core/job/permit-scopes';
import { outboxSeconds, waitingSeconds } from '#core/workflow/limits';
import { ageSeconds } from './age-seconds.ts';
import { failQueuedJob } from './fail-queued-job.ts';
import { giveBackSlots } from './give-back.ts';
import { type Leak, leaksOf } from './permit-drift.ts';
import { announceJob } from './record-transitions.ts';
import { eachOf, ofJob, type SweepWorld, type Swept } from './sweep-part.ts';
import { tenantLine } from './waiting-line.ts';
import { wakeWaiting } from './wake-next.ts';

const atOnce = 200;
const named = (field: string) => (value: string) => ({ [field]: value });

/** Rows whose log or message is behind: append, send, clear the mark. */
export async function sweepOutbox(world: SweepWorld): Promise<Swept> {
  const swept = { OutboxHealed: 0, OutboxLagSeconds: 0 };
  const due = await world.jobs.outboxDue(world.clock.at(-outboxSeconds), atOnce);
  const failures = await eachOf(world, due, ofJob, async (key) => {
    const job = await world.jobs.get(key.tenant, key.id);
    if (job?.outbox === undefined) return;
    swept.OutboxLagSeconds = Math.max(swept.OutboxLagSeconds, ageSeconds(world.clock, job.outbox));
    if (!(await announceJob(world, job))) throw new Error(`${job.id} is still behind`);
    swept.OutboxHealed += 1;
  });
  return { ...swept, OutboxFailures: failures };
}

/**
 * Leases of dispatches that nobody gave back; and those that are held though nothing is at work on them: of a job that is
 * over they come back as soon as its sandboxes are known to be dead, which its end may not have been told.
 */
export async function sweepLeases(world: SweepWorld): Promise<Swept> {
  const swept = { LeasesExpired: 0, LeasesLeaked: 0, SlotsUsed: 0, SlotsGivenBack: 0 };
  const scopes = await world.permits.scopes();
  const failures = await eachOf(world, scopes, named('scope'), async (scope) => {
    const expired = await world.permits.sweep(scope, world.clock.at());
    const tenant = tenantOfScope(scope);
    if (scope !== installScope && tenant === undefined) return;
    const slots = Object.keys(await world.permits.leases(scope));
    if (tenant === undefined) {
      swept.SlotsUsed = slots.length;
      swept.LeasesExpired = expired.length;
      return;
    }
    const before = await leaksOf(world, tenant, slots);
    for (const leak of before) await giveBack(world, leak);
    const after =
      before.length === 0 ? [] : await leaksOf(world, tenant, Object.keys(await world.permits.leases(scope)));
    swept.LeasesLeaked += slotsIn(after);
    swept.SlotsGivenBack += slotsIn(before) - slotsIn(after);
  });
  const { LeasesExpired, SlotsGivenBack } = swept;
  // Without one of the scopes the others say nothing: a wrong 0 would be drift.
  return { ...(failures === 0 ? swept : { LeasesExpired, SlotsGivenBack }), LeaseSweepFailures: failures };
}

const slotsIn = (leaks: readonly Leak[]) => leaks.reduce((sum, { slots }) => sum + slots, 0);

/** Not of one that is queued again: its next dispatch takes slots of the same names. */
async function giveBack(world: SweepWorld, { job, attempts }: Leak): Promise<void> {
  const isOver = job !== undefined && (hasJobEnded(job.status) || job.status === 'awaiting_review');
  if (isOver) await giveBackSlots(world, job, attempts);
}

/** Jobs that waited 24 h end; whoever fits now is woken. */
export async function sweepWaiting(world: SweepWorld): Promise<Swept> {
  const swept = { JobsWaiting: 0, JobsWithoutCapacity: 0, JobsWoken: 0 };
  const since = world.clock.at(-waitingSeconds);
  const tenants = await world.jobs.waitingTenants();
  const unread = await eachOf(world, tenants, named('tenant'), async (tenant) => {
    const line = await tenantLine(world, tenant);
    swept.JobsWaiting += line.length;
    for (const job of line.filter(({ waiting_since }) => waiting_since !== undefined && waiting_since < since)) {
      await failQueuedJob(world, job, failure('no_capacity', 'The job waited 24 hours for a free sandbox.'));
      swept.JobsWithoutCapacity += 1;
    }
  });
  const notWoken = await eachOf(world, ['wake the line'], named('what'), async () => {
    swept.JobsWoken = await wakeWaiting(world);
  });
  return { ...swept, WaitingFailures: unread + notWoken };
}
