import { failure } from '#core/errors';
import { installScope, tenantOfScope } from '#core/job/permit-scopes';
import { outboxSeconds, waitingSeconds } from '#core/workflow/limits';
import { ageSeconds } from './age-seconds.ts';
import { failQueuedJob } from './fail-queued-job.ts';
import { leakedSlots } from './permit-drift.ts';
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

/** Leases of dispatches that nobody gave back; and those that are held though nothing is at work on them. */
export async function sweepLeases(world: SweepWorld): Promise<Swept> {
  const swept = { LeasesExpired: 0, LeasesLeaked: 0, SlotsUsed: 0 };
  const scopes = await world.permits.scopes();
  const failures = await eachOf(world, scopes, named('scope'), async (scope) => {
    const expired = await world.permits.sweep(scope, world.clock.at());
    const tenant = tenantOfScope(scope);
    if (scope !== installScope && tenant === undefined) return;
    const slots = Object.keys(await world.permits.leases(scope));
    if (tenant === undefined) {
      swept.SlotsUsed = slots.length;
      swept.LeasesExpired = expired.length;
    } else swept.LeasesLeaked += await leakedSlots(world, tenant, slots);
  });
  const { LeasesExpired } = swept;
  // Without one of the scopes the others say nothing: a wrong 0 would be drift.
  return { ...(failures === 0 ? swept : { LeasesExpired }), LeaseSweepFailures: failures };
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
