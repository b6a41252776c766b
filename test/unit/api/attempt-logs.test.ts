import { beforeEach, describe, expect, it } from 'vitest';
import type { Attempt, Job } from '#core/job/job';
import { caps } from '#core/workflow/limits';
import { anApi } from '../../support/an-api.ts';
import { aJob, anAttempt, anId } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const params = { job_id: anId('j'), n: '1' };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;
beforeEach(() => {
  world = fakeWorld();
  call = anApi(world);
});

const read = async (after = 0) => (await call('readLog', { params, query: { after: String(after) } })).body;
const part = (from: number, text: string) =>
  world.artifacts.upload(`acme/${anId('j')}/1/1/checkpoints/logs/${String(from).padStart(10, '0')}`, text);

function working(job: Partial<Job> = {}, attempt: Partial<Attempt> = {}): void {
  world.jobs.seed(aJob({ status: 'running', ...job }));
  world.attempts.seed(anAttempt({ status: 'running', ...attempt }));
}

function stored(text: string, attempt: Partial<Attempt> = {}): void {
  const name = '1/1/logs.txt';
  const artifact = { name, size: Buffer.byteLength(text), sha256: 'f'.repeat(64), content_type: 'text/plain' };
  working({}, { status: 'verifying', artifacts: [{ ...artifact, partial: false }], ...attempt });
  world.artifacts.upload(`acme/${anId('j')}/${name}`, text);
}

describe('the log of an attempt at work', () => {
  it('is put together from its parts, from any byte, and goes on where it ended', async () => {
    working();
    part(0, 'one\n');
    part(4, 'two\n');

    expect(await read()).toEqual({ attempt: 1, after: 0, next: 8, text: 'one\ntwo\n', complete: false });
    expect(await read(2)).toMatchObject({ text: 'e\ntwo\n', next: 8 });
    expect(await read(8)).toMatchObject({ text: '', next: 8, complete: false });
    part(8, 'three\n');
    expect(await read(8)).toMatchObject({ text: 'three\n', next: 14 });
  });

  it('stops before a part that is missing: it may still come', async () => {
    working();
    part(0, 'one\n');
    part(8, 'three\n');

    expect(await read()).toMatchObject({ text: 'one\n', next: 4 });
    expect(await read(4)).toMatchObject({ text: '', next: 4 });
  });

  it('is empty before the first part', async () => {
    working();

    expect(await read()).toEqual({ attempt: 1, after: 0, next: 0, text: '', complete: false });
  });

  it('never ends within a character', async () => {
    working();
    const text = new TextEncoder().encode('Größe 😀');
    world.artifacts.stored.set(`acme/${anId('j')}/1/1/checkpoints/logs/0000000000`, {
      body: text.subarray(0, text.length - 2),
      contentType: 'application/octet-stream',
      sha256: undefined,
    });

    expect(await read()).toMatchObject({ text: 'Größe ', next: text.length - 4 });
  });
});

describe('the log of an attempt whose files are stored', () => {
  it('is its logs.txt, whatever parts there are, and complete', async () => {
    part(0, 'older');
    stored('one\ntwo\n');

    expect(await read(4)).toEqual({ attempt: 1, after: 4, next: 8, text: 'two\n', complete: true });
    expect(await read(9_000)).toMatchObject({ next: 9_000, text: '', complete: true });
  });

  it('comes in pages, and is read no further than one', async () => {
    const text = 'ä'.repeat(caps.logPageBytes / 2 + 5);
    stored(`.${text}`);

    const first = await read();
    const second = await read(first.next);

    expect([first.next, first.complete]).toEqual([caps.logPageBytes - 1, false]);
    expect(second).toMatchObject({ complete: true, next: Buffer.byteLength(text) + 1 });
    expect(first.text + second.text).toBe(`.${text}`);
  });
});

describe('the log of an attempt that ended without one', () => {
  it('is what had been saved, and complete', async () => {
    working({}, { status: 'failed' });
    part(0, 'so far\n');

    expect(await read()).toMatchObject({ text: 'so far\n', complete: true });
  });

  it('is not complete while the files of a cancelled one may still be taken', async () => {
    working({}, { status: 'cancelled' });
    expect(await read()).toMatchObject({ complete: false });

    world.jobs.seed(aJob({ status: 'awaiting_review' }));
    expect(await read()).toMatchObject({ complete: true });
  });
});

describe('a log that cannot be read', () => {
  it('is not found: somebody else’s, no such attempt, not begun', async () => {
    world.jobs.seed(aJob());
    expect(await call('readLog', { params })).toMatchObject({ status: 404, body: { remedy: expect.any(String) } });
    working();
    expect((await call('readLog', { params: { ...params, n: '2' } })).status).toBe(404);
    expect((await call('readLog', { params, claims: { sub: 'eve', tenant: 'acme' } })).status).toBe(404);
    expect((await call('readLog', { params, claims: { sub: 'ada', tenant: 'other' } })).status).toBe(404);
  });

  it.each(['-1', '1.5', 'end', String(caps.logBytes + 1)])('after %s is a bad request', async (after) => {
    working();

    expect((await call('readLog', { params, query: { after } })).body).toMatchObject({
      code: 'invalid_request',
      fields: [{ field: 'after' }],
    });
  });
});
