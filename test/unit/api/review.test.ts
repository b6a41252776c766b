import { beforeEach, describe, expect, it } from 'vitest';
import { milestoneText } from '#core/api/milestone-message';
import type { Job } from '#core/job/job';
import { jobStatuses } from '#core/job/lifecycle';
import { budgetOf } from '#core/use-cases/job-budget';
import { anApi } from '../../support/an-api.ts';
import { aJob, anAttempt, anId, anIssue, aSession, tenant } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const params = { job_id: anId('j') };
const approve = { decision: 'approve' };
const reject = { decision: 'reject' };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;
const review = (body: object) => call('reviewJob', { params, body });

beforeEach(async () => {
  world = fakeWorld();
  call = anApi(world);
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
});

/** Attempt 2 of 4 won; 1 is usable too, 3 adds a secret, 4 changed nothing. */
function toReview(overrides: Partial<Job> = {}): Job {
  const ranked = (attempt: number, gate: string | null) => {
    const scores = { verified: true, regressions: 0, cross: null, fixed: 1, tests: 'passed', cluster: 1 };
    return { attempt, gate, ...scores, files: 1, lines: 1, cost_usd: 0.1 };
  };
  const verdict = {
    round: 1,
    winner: 2,
    ranking: [ranked(2, null), ranked(1, null), ranked(3, 'secret'), ranked(4, 'empty')],
    decided_by: 'cost',
    reason: 'Attempt 2 cost less.',
    cross_tests: 'not_needed',
    notes: [],
  } as const;
  for (const n of [1, 2, 3]) world.attempts.seed(anAttempt({ n, status: 'solved', diff: diffOf(n) }));
  world.attempts.seed(anAttempt({ n: 4, status: 'empty' }));
  const finished_at = '2026-01-05T08:50:00.000Z';
  return world.jobs.seed(aJob({ status: 'awaiting_review', verdict: verdict as never, finished_at, ...overrides }));
}

/** Attempt n adds n lines. */
const diffOf = (n: number) => ({ sha256: 'f'.repeat(64), bytes: 9, files: 1, insertions: n, deletions: 0 });
/** What its issue shows before anybody decides, as Finish leaves it: the winner's. */
const summaryOf = (n: number, job = anId('j')) => {
  return { job_id: job, files: 1, insertions: n, deletions: 0, summary: 'Sums in cents.' };
};
const plan = (text: string) => new TextEncoder().encode(JSON.stringify({ summary: text }));
const shown = async () => (await world.sessions.issue(tenant, anId('s'), anId('i')))?.diff;
const showWinner = (job?: string) => world.sessions.setIssueDiff(tenant, anId('s'), anId('i'), summaryOf(2, job));

const told = () => world.log.of(tenant, anId('j')).at(-1);

describe('approving a job', () => {
  it('completes it with its winner, and says who, when and what', async () => {
    const job = toReview();

    const { status, body } = await review({ ...approve, comment: 'Good.\nShip it.' });

    const made = { ...approve, attempt: 2, comment: 'Good.\nShip it.', by: 'ada', at: world.clock.at() };
    expect([status, body.status, body.review]).toEqual([200, 'completed', made]);
    expect(body.finished_at).toBe(job.finished_at);
    expect(told()).toMatchObject({ type: 'job_status', data: { status: 'completed', review: { attempt: 2 } } });
    expect(milestoneText(told()!)).toBe('Completed: attempt 2 approved, nothing published; Good. Ship it.');
    expect((await world.jobs.get(tenant, job.id))?.outbox).toBeUndefined();
    expect((await call('getJob', { params })).body.review).toEqual(made);
  });

  it('with another usable attempt completes it with that one, whose files are then shown', async () => {
    toReview();
    const name = '1/1/diff.patch';
    const artifact = { name, size: 5, sha256: 'f'.repeat(64), content_type: 'text/x-diff', partial: false };
    await world.attempts.change({ tenant, job_id: anId('j'), n: 1 }, { artifacts: [artifact] });

    const { body } = await review({ ...approve, attempt: 1 });

    expect(body).toMatchObject({ status: 'completed', review: { attempt: 1 }, verdict: { winner: 2 } });
    expect(body.diff_snapshot_url).toBe(`/solver/jobs/${anId('j')}/artifacts/${name}`);
  });

  it('shows the approved attempt on its issue, not the winner', async () => {
    toReview();
    await showWinner();
    const stored = { contentType: 'application/json', sha256: 'f'.repeat(64) };
    await world.artifacts.put(`${tenant}/${anId('j')}/1/1/plan.json`, plan('Rounds once.'), stored);

    await review({ ...approve, attempt: 1 });

    expect(await shown()).toEqual({ ...summaryOf(1), summary: 'Rounds once.' });
  });

  it('repeated puts on its issue what the first try could not', async () => {
    toReview();
    world.faults.before('sessions.setIssueDiff', new Error('down'));

    expect((await review(approve)).status).toBe(500);
    expect(await shown()).toBeUndefined();
    expect((await review(approve)).body.status).toBe('completed');
    expect(await shown()).toMatchObject({ insertions: 2, summary: '1 file changed, 2 lines added, 0 removed' });
  });

  it.each([
    [3, 'not usable: secret'],
    [4, 'is empty: it has no usable diff'],
  ])('with attempt %i is refused, and the job goes on waiting', async (attempt, why) => {
    const job = toReview();

    const { status, body } = await review({ ...approve, attempt });

    expect([status, body.code, body.fields[0].field]).toEqual([422, 'unprocessable', 'attempt']);
    expect(body.fields[0].message).toContain(why);
    expect(body.remedy).toContain('attempt that is solved');
    expect(await world.jobs.get(tenant, job.id)).toEqual(job);
  });

  it('of an attempt that there is not is not found', async () => {
    toReview();

    expect((await review({ ...approve, attempt: 9 })).status).toBe(404);
  });

  it('settles the money, should Finish have died before', async () => {
    const job = toReview();
    const { scope, day } = budgetOf(job);
    await world.budgets.reserve(scope, day, job.id, 1_000, 1_000_000);

    await review(approve);

    expect(await world.budgets.spent(scope, day)).toMatchObject({ reserved: 0 });
  });
});

describe('rejecting a job', () => {
  it('ends it; what it left stays readable', async () => {
    toReview();

    const { status, body } = await review({ ...reject, comment: 'It hides the cause.' });

    expect([status, body.status]).toEqual([200, 'rejected']);
    expect(body.review).toMatchObject({ ...reject, attempt: null, by: 'ada' });
    expect(milestoneText(told()!)).toBe('Rejected: It hides the cause.');
    expect(body.attempts).toHaveLength(4);
  });

  it('takes its diff off the issue, and no other job’s', async () => {
    toReview();
    await showWinner();
    await review(reject);
    expect(await shown()).toBeUndefined();

    await showWinner(anId('j', 2));
    await review(reject);
    expect(await shown()).toEqual(summaryOf(2, anId('j', 2)));
  });

  it('is of the whole job: an attempt is no field of it', async () => {
    toReview();

    const { status, body } = await review({ ...reject, attempt: 1 });

    expect([status, body.fields[0].field]).toEqual([400, 'attempt']);
  });
});

describe('a decision', () => {
  it.each([approve, { ...approve, attempt: 1 }, reject])(
    'made again is a success and changes nothing: %o',
    async (body) => {
      toReview();
      await review({ ...body, comment: 'First.' });
      const [job] = world.jobs.all();

      const again = await review({ ...body, comment: 'Second.' });

      expect([again.status, again.body.review.comment]).toEqual([200, 'First.']);
      expect(world.jobs.all()).toEqual([job]);
    },
  );

  it.each([
    [approve, reject, 'approved with attempt 2'],
    [approve, { ...approve, attempt: 1 }, 'approved with attempt 2'],
    [reject, approve, 'rejected'],
  ])('is final: after %o comes no %o', async (first, second, was) => {
    toReview();
    await review(first);

    const { status, body } = await review(second);

    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.message).toContain(was);
    expect(body.remedy).toContain('retry the job');
  });

  it('that comes between the reading and the writing of another one stands alone', async () => {
    const job = toReview();
    world.faults.meanwhile('jobs.transition', async () => {
      await call('reviewJob', { params, body: reject });
    });

    const { status, body } = await review(approve);

    expect([status, body.code]).toEqual([409, 'conflict']);
    const row = await world.jobs.get(tenant, job.id);
    expect([row?.status, row?.review?.decision, row?.transitions.length]).toEqual(['rejected', 'reject', 3]);
    expect(world.log.of(tenant, job.id).filter(({ data }) => data.status === 'completed')).toEqual([]);
  });

  it('meets the cancel of the same moment: one of them ends the job', async () => {
    const job = toReview();
    world.faults.meanwhile('jobs.transition', async () => {
      await call('cancelJob', { params });
    });

    expect((await review(approve)).status).toBe(409);
    const row = await world.jobs.get(tenant, job.id);
    expect([row?.status, row?.review]).toEqual(['cancelled', undefined]);
  });

  it.each(jobStatuses.filter((status) => status !== 'awaiting_review'))(
    'about a job that is %s is a conflict',
    async (status) => {
      const job = world.jobs.seed(aJob({ status }));

      const { status: answer, body } = await review(approve);

      expect([answer, body.code]).toEqual([409, 'conflict']);
      expect(body.remedy).toMatch(/Wait until|Read the job/);
      expect(await world.jobs.get(tenant, job.id)).toEqual(job);
    },
  );

  it('about somebody else’s job finds none', async () => {
    toReview();

    const foreign = await call('reviewJob', { params, body: approve, claims: { sub: 'eve', tenant: 'acme' } });

    expect(foreign.status).toBe(404);
    expect((await world.jobs.get(tenant, anId('j')))?.status).toBe('awaiting_review');
  });

  it.each([
    [{}, 'decision'],
    [{ decision: 'request_changes' }, 'decision'],
    [{ ...approve, attempt: 0 }, 'attempt'],
    [{ ...approve, comment: 'x'.repeat(2_001) }, 'comment'],
    [{ ...approve, publish: true }, 'publish'],
  ])('that cannot be read is refused by the name of its field: %o', async (body, field) => {
    toReview();

    const refused = await review(body);

    expect([refused.status, refused.body.fields[0].field]).toEqual([400, field]);
  });

  it('keeps a comment of any length, and tells as much of it as a socket message holds', async () => {
    toReview();
    const comment = '🙂'.repeat(1_000);

    const { body } = await review({ ...reject, comment });

    expect(body.review.comment).toBe(comment);
    expect(Buffer.byteLength(JSON.stringify(told()))).toBeLessThan(2_000);
  });
});
