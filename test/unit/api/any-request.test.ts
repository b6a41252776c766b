import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openApi } from '#core/api/openapi';
import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';
import { ErrorBody } from '#core/api/views';
import { jobStatuses } from '#core/job/lifecycle';
import { anApi } from '../../support/an-api.ts';
import { anyCall, someBodies } from '../../support/any-call.ts';
import {
  aJob,
  aNewEvent,
  anAttempt,
  anId,
  anIssue,
  aRepository,
  aSandboxRow,
  aSession,
} from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const served = (Object.entries(routes) as Array<[RouteName, Route]>).filter(([, row]) => row.function === 'api');
const documented = openApi('0').paths as Record<string, Record<string, { responses: Record<string, unknown> }>>;

/** A session with an issue, a job of every status, one of somebody else, and what hangs on them. */
async function populated(): Promise<FakeWorld> {
  const world = fakeWorld();
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
  await world.sessions.create(aSession({ id: anId('s', 2), tenant: 'rival', user: 'mallory' }));
  await world.sessions.addIssue(anIssue({ id: anId('i', 2), session_id: anId('s', 2), tenant: 'rival' }));
  for (const [n, status] of jobStatuses.entries()) {
    const id = anId('j', n + 1);
    world.jobs.seed(aJob({ id, status }));
    world.attempts.seed(anAttempt({ job_id: id, status: 'running' }));
    world.sandboxRows.seed(aSandboxRow({ job_id: id, state: 'running', task_token: 'token' }));
    await world.log.append('acme', id, [aNewEvent({ type: 'plan_ready' })]);
  }
  world.jobs.seed(aJob({ id: anId('j', 99), session_id: anId('s', 2), tenant: 'rival', user: 'mallory' }));
  await world.log.append('rival', anId('j', 99), [aNewEvent({ data: { secret: 'rival-secret' } })]);
  return world;
}

const known = {
  ids: [anId('s'), anId('i'), ...jobStatuses.map((_, n) => anId('j', n + 1))],
  foreign: [anId('s', 2), anId('i', 2), anId('j', 99)],
  own: { id: [anId('s')], issue_id: [anId('i')], job_id: [anId('j', 2), anId('j', 1)], n: ['1', '2'] },
  repository: aRepository(),
};
const bodies = someBodies(known);

describe('any request', () => {
  it.each(served)('to %s gets a documented answer in its documented form', async (name, row) => {
    const world = await populated();
    const call = anApi(world);
    const statuses = Object.keys(documented[row.path.replace('+}', '}')]?.[row.method.toLowerCase()]?.responses ?? {});

    await fc.assert(
      fc.asyncProperty(anyCall(row, known), async (request) => {
        const { status, body, headers } = await call(name, request);

        expect(statuses).toContain(String(status));
        expect(status).not.toBe(500);
        if (status >= 400) expect(ErrorBody.safeParse(body).error).toBeUndefined();
        else if (row.success.body) expect(row.success.body.safeParse(body).error).toBeUndefined();
        if (status === 429 || status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  it.each(served)('to %s tells nothing of another tenant', async (name, row) => {
    const world = await populated();
    const call = anApi(world);
    const foreign = { id: anId('s', 2), issue_id: anId('i', 2), job_id: anId('j', 99), name: '1/1/diff.patch' };

    const { status, text } = await call(name, {
      params: Object.fromEntries(
        Object.keys(row.params.shape).map((key) => [key, foreign[key as keyof typeof foreign]]),
      ),
      query: { session_id: foreign.id },
      body:
        row.body === null
          ? undefined
          : (bodies.find((body) => row.body?.safeParse(body).success) ?? { session_id: foreign.id }),
    });

    expect(text).not.toContain('rival');
    expect(text).not.toContain('mallory');
    if (Object.keys(row.params.shape).length > 0) expect(status).toBe(404);
  });
});
