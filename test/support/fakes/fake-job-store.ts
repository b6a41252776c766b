import { LostRace, PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import { hasJobEnded } from '#core/job/lifecycle';
import { nextTransition, outboxMark, requireJobMayGo } from '#core/job/transition';
import type { Clock } from '#core/ports/clock';
import type { JobStore } from '#core/ports/job-store';
import { applied, clone } from './clone.ts';

export interface FakeJobStore extends JobStore {
  /** Puts a row as it is. */
  seed(job: Job): Job;
  all(): Job[];
}

export function fakeJobStore(clock: Clock): FakeJobStore {
  const rows = new Map<string, Job>();
  const keyOf = (tenant: string, id: string) => JSON.stringify([tenant, id]);
  const stored = (job: Pick<Job, 'tenant' | 'id'>) => rows.get(keyOf(job.tenant, job.id));
  const save = (job: Job) => {
    rows.set(keyOf(job.tenant, job.id), clone(job));
    return clone(job);
  };
  const mustBe = (job: Job, expected: (row: Job) => boolean): Job => {
    const row = stored(job);
    if (!row || !expected(row)) throw new LostRace(`job ${job.id} is no longer ${job.status} (v${job.v})`);
    return row;
  };
  const hints = (jobs: Job[]) => jobs.map(({ tenant, id }) => ({ tenant, id }));

  return {
    seed: save,
    all: () => [...rows.values()].map(clone),
    get: async (tenant, id) => clone(rows.get(keyOf(tenant, id))),
    async create(job) {
      if (stored(job)) return false;
      save(job);
      return true;
    },
    async transition(job, to, changes, data) {
      requireJobMayGo(job, to);
      const row = mustBe(job, ({ status, v }) => status === job.status && v === job.v);
      const entry = nextTransition(row, to, clock.at(), data);
      return save({
        ...applied(row, changes),
        status: to,
        v: entry.v,
        transitions: [...row.transitions, entry],
        outbox: outboxMark(entry.at, entry.v),
      });
    },
    async change(job, changes) {
      return save(
        applied(
          mustBe(job, ({ status }) => status === job.status),
          changes,
        ),
      );
    },
    async claim(job, by, until) {
      const row = mustBe(job, ({ status, v, claim }) => {
        const free = claim === undefined || claim.until <= clock.at() || claim.by === by;
        return status === 'queued' && v === job.v && free;
      });
      return save({ ...row, claim: { by, until } });
    },
    async clearOutbox(key, mark) {
      const row = stored(key);
      if (row?.outbox === mark) save(applied(row, { outbox: null }));
    },
    async list(tenant, filter, limit, cursor) {
      const after = cursor === undefined ? 0 : Number(cursor);
      if (!Number.isInteger(after)) throw new PatchbayError('invalid_request', 'the cursor is not one of this list');
      const matching = [...rows.values()]
        .filter((job) => job.tenant === tenant)
        .filter((job) => filter.session_id === undefined || job.session_id === filter.session_id)
        .filter((job) => filter.status === undefined || job.status === filter.status)
        .sort((a, b) => order(b.created_at, a.created_at) || order(b.id, a.id));
      const jobs = matching.slice(after, after + limit).map(clone);
      return after + limit < matching.length ? { jobs, cursor: String(after + limit) } : { jobs };
    },
    async outboxDue(before, limit) {
      const due = [...rows.values()].filter(({ outbox }) => outbox !== undefined && outbox < before);
      return hints(due.sort((a, b) => order(a.outbox, b.outbox)).slice(0, limit));
    },
    async waiting(tenant, limit) {
      return [...rows.values()]
        .filter((job) => job.tenant === tenant && waits(job))
        .sort((a, b) => order(a.waiting_since, b.waiting_since))
        .slice(0, limit)
        .map(({ id, waiting_since }) => ({ tenant, id, since: waiting_since ?? '' }));
    },
    waitingTenants: async () => [...new Set([...rows.values()].filter(waits).map(({ tenant }) => tenant))],
    async deadlineDue(before, limit) {
      const due = [...rows.values()].filter(
        ({ status, deadline }) =>
          !hasJobEnded(status) && status !== 'awaiting_review' && deadline !== undefined && deadline < before,
      );
      return hints(due.sort((a, b) => order(a.deadline, b.deadline)).slice(0, limit));
    },
  };
}

const waits = (job: Job) => job.status === 'queued' && job.waiting_since !== undefined;
const order = (a = '', b = '') => (a < b ? -1 : a > b ? 1 : 0);
