import { beforeEach, expect, it } from 'vitest';
import { anApi } from '../../support/an-api.ts';
import { aJob, aNewEvent, anId } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const params = { job_id: anId('j') };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;

beforeEach(async () => {
  world = fakeWorld();
  call = anApi(world);
  world.jobs.seed(aJob({ status: 'running' }));
});

const known = (etag: string | undefined) => call('getJob', { params, headers: { 'if-none-match': etag ?? '' } });

it('spare the body of a snapshot that is as it was', async () => {
  const { etag } = (await call('getJob', { params })).headers;

  for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
    expect(await known(header)).toMatchObject({ status: 304, text: '', headers: { etag } });
  expect((await known(etag)).headers).not.toHaveProperty('content-type');
});

it('change with the job', async () => {
  const { etag } = (await call('getJob', { params })).headers;

  await world.log.append('acme', anId('j'), [aNewEvent({ type: 'plan_ready' })]);

  const changed = await known(etag);
  expect(changed).toMatchObject({ status: 200, body: { seq: 1 } });
  expect(changed.headers.etag).not.toBe(etag);
});

it('are not on errors, nor on what is done by POST', async () => {
  expect((await call('getJob', { params: { job_id: anId('j', 7) } })).headers).not.toHaveProperty('etag');
  expect((await call('cancelJob', { params, headers: { 'if-none-match': '*' } })).status).toBe(202);
});
