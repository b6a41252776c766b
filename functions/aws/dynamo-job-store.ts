import { LostRace } from '#core/errors';
import { randomId } from '#core/ids';
import { Job } from '#core/job/job';
import { hasJobEnded, type JobStatus } from '#core/job/lifecycle';
import { nextTransition, outboxMark, requireJobMayGo } from '#core/job/transition';
import type { Clock } from '#core/ports/clock';
import type { JobChanges, JobStore } from '#core/ports/job-store';
import { dueJobs, jobPage, waitingJobs, waitingTenants } from './dynamo-job-lists.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { changeParts, type Expression } from './expression.ts';
import { indexKeys, jobKey } from './keys.ts';

/**
 * Job rows: attributes as in `Job`, the partition keys of the indexes beside them, and `writer`, a nonce of the last
 * status write. The SDK repeats a write whose answer was lost, and the repeated one fails its own condition: the nonce
 * tells that from a race that somebody else has won.
 */
export function dynamoJobStore({ table, clock }: { table: DynamoTable; clock: Clock }): JobStore {
  return {
    async get(tenant, id) {
      const item = await table.get(jobKey(tenant, id));
      return item && Job.parse(item);
    },
    create: (job) => table.putIf({ ...jobKey(job.tenant, job.id), ...job, ...indexAttributes(job) }),

    transition: (job, to, changes, data) => transition(table, clock.at(), job, to, changes, data),

    async change(job, changes) {
      const written = await table.update(jobKey(job.tenant, job.id), (e) => ({
        ...changeParts(e, changes),
        when: `${e.name('status')} = ${e.value(job.status)}`,
      }));
      if (!written) throw lost(job, await table.get(jobKey(job.tenant, job.id)));
      return Job.parse(written);
    },

    async claim(job, by, until) {
      const written = await table.update(jobKey(job.tenant, job.id), (e) => {
        const free = [
          `attribute_not_exists(${e.name('claim')})`,
          `${e.name('claim', 'until')} <= ${e.value(clock.at())}`,
          `${e.name('claim', 'by')} = ${e.value(by)}`,
        ];
        return { ...changeParts(e, { claim: { by, until } }), when: `${isStill(e, job)} AND (${free.join(' OR ')})` };
      });
      if (!written) throw lost(job, await table.get(jobKey(job.tenant, job.id)));
      return Job.parse(written);
    },

    async clearOutbox({ tenant, id }, mark) {
      await table.update(jobKey(tenant, id), (e) => ({
        remove: [e.name('outbox')],
        when: `${e.name('outbox')} = ${e.value(mark)}`,
      }));
    },

    list: (tenant, filter, limit, cursor) => jobPage(table, tenant, filter, limit, cursor),
    outboxDue: (before, limit) => dueJobs(table, 'outbox', before, limit),
    waiting: (tenant, limit) => waitingJobs(table, tenant, limit),
    waitingTenants: () => waitingTenants(table),
    deadlineDue: (before, limit) => dueJobs(table, 'deadline', before, limit),
  };
}

/** @throws LostRace */
async function transition(
  table: DynamoTable,
  at: string,
  job: Job,
  to: JobStatus,
  changes: JobChanges,
  data?: Record<string, unknown>,
): Promise<Job> {
  requireJobMayGo(job, to);
  const key = jobKey(job.tenant, job.id);
  const entry = nextTransition(job, to, at, data);
  const writer = randomId('w');
  const outbox = outboxMark(entry.at, entry.v);
  const written = await table.update(key, (e) => {
    const row = { ...changes, ...memberships(job, to), status: to, v: entry.v, outbox, writer };
    const change = changeParts(e, row);
    const transitions = e.name('transitions');
    return {
      ...change,
      set: [...change.set, `${transitions} = list_append(${transitions}, ${e.value([entry])})`],
      when: isStill(e, job),
    };
  });
  const item = written ?? (await table.get(key));
  if (item?.writer !== writer) throw lost(job, item);
  return Job.parse(item);
}

function indexAttributes(job: Job): Item {
  const present = Object.entries(memberships(job, job.status)).filter(([, value]) => value !== null);
  return {
    tenant_pk: indexKeys.jobsOfTenant(job.tenant),
    session_pk: indexKeys.jobsOfSession(job.tenant, job.session_id),
    outbox_pk: indexKeys.outbox(job.id),
    ...Object.fromEntries(present),
  };
}

/** In which indexes a row of this status belongs; whether it is there also depends on its own sort attribute. */
function memberships(job: Pick<Job, 'tenant' | 'id'>, status: JobStatus) {
  const atWork = !hasJobEnded(status) && status !== 'awaiting_review';
  return {
    waiting_pk: status === 'queued' ? indexKeys.waiting(job.tenant) : null,
    deadline_pk: atWork ? indexKeys.deadline(job.id) : null,
  };
}

const isStill = (e: Expression, job: Job) =>
  `${e.name('status')} = ${e.value(job.status)} AND ${e.name('v')} = ${e.value(job.v)}`;

function lost(job: Job, item: Item | undefined): LostRace {
  const now = item ? `${item.status} (v${item.v})` : 'gone';
  return new LostRace(`job ${job.id} was ${job.status} (v${job.v}) and is ${now}`);
}
