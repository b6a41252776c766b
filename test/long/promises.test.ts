import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isMilestone } from '#core/job/milestone';
import { ApiClient } from '../../bin/client/api-client.ts';
import { followJob } from '../../bin/client/live-client.ts';
import { withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import type { Started } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { fixTurn, goodTurns, planTurn, submitTurn } from '../support/scripted-turns.ts';
import { spyCommand } from '../support/spy-command.ts';

const permits = 2;
let journey: Journey;
beforeAll(async () => {
  journey = await startJourney({ alter: [withPermits({ user: permits })] });
});
afterAll(() => journey?.stop());

it('a client sees every milestone in time, with and without its socket', async () => {
  const late: number[] = [];
  const polled: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    const started = await journey.solve(goodTurns);
    const [pushed, read] = await Promise.all([follow(started, journey.stack.socketUrl), follow(started, undefined)]);
    expect(pushed.map(({ seq }) => seq)).toEqual(pushed.map((_, index) => index + 1));
    expect(read.map(({ seq }) => seq)).toEqual(pushed.map(({ seq }) => seq));
    late.push(...pushed.filter(({ milestone }) => milestone).map(({ ms }) => ms));
    polled.push(...read.filter(({ milestone }) => milestone).map(({ ms }) => ms));
  }

  const p95 = late.sort((a, b) => a - b)[Math.ceil(0.95 * late.length) - 1] ?? Number.POSITIVE_INFINITY;
  process.stdout.write(
    `${late.length} milestones: p95 ${p95} ms, last ${late.at(-1)} ms; polled ${Math.max(...polled)} ms\n`,
  );
  expect(late.length).toBeGreaterThan(20);
  expect(p95).toBeLessThan(1_000);
  expect(Math.max(...late, ...polled)).toBeLessThan(30_000);
});

it('no more sandboxes live than there are permits, whoever waits', async () => {
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, journey.stack.e2b.sandboxes().length);
  }, 10);
  const jobs = await Promise.all(Array.from({ length: permits * 2 + 1 }, () => journey.solve(goodTurns)));
  for (const { job } of jobs) await journey.until(job.id, ({ status }) => status === 'awaiting_review');
  clearInterval(watching);

  expect(most).toBe(permits);
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
});

it('no secret of the installation is in a sandbox, a log, an event, an artifact, or on disk', async () => {
  const token = await journey.stack.issuer.token('you');
  await new ApiClient({ baseUrl: journey.stack.apiUrl, token }).call('getMe', {});
  const roles = journey.stack.assembly.byType('AWS::IAM::Role');
  const secrets = [
    'sk-of-the-scripted-model',
    journey.stack.e2b.apiKey,
    token,
    ...roles.map(({ arn }) => journey.stack.iam.credentialsFor(arn).secretAccessKey),
  ];
  // What it does find is planted, or it might look nowhere.
  const spy = `echo 'plan''ted' > /tmp/control; ${spyCommand([...secrets, 'planted'])}`;
  const { job } = await journey.solve([planTurn, { command: spy }, fixTurn, submitTurn]);
  const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');

  const [, places, found = ''] =
    /spied (\d+) places, found \d+ \[(.*)\]/.exec((await journey.artifact(done, 'logs.txt')) ?? '') ?? [];
  expect(Number(places)).toBeGreaterThan(100);
  const planted = `${secrets.length} in `;
  expect(found).toContain(`'${planted}/tmp/control'`);
  expect(found.split(', ').filter((one) => !one.startsWith(`'${planted}`))).toEqual([]);
  const seen = new Map([['events', Buffer.from(JSON.stringify(await journey.events(job.id)))]]);
  for (const { name } of done.artifacts)
    seen.set(name, Buffer.from(await journey.api.call('getArtifact', { params: { job_id: job.id, name } })));
  for (const file of filesUnder(journey.stateDir)) seen.set(file, readFileSync(file));

  expect([...seen.keys()].some((name) => name.endsWith('.log'))).toBe(true);
  const leaks = [...seen].flatMap(([where, bytes]) => {
    const data = where.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    return secrets.flatMap((secret, i) => (data.includes(secret) ? `secret ${i} in ${where}` : []));
  });
  expect(leaks).toEqual([]);
});

/** Every event until the review, with the time from its own clock to its receipt. */
async function follow({ job, sessionId }: Started, socketUrl: string | undefined) {
  const stop = new AbortController();
  const seen: { seq: number; milestone: boolean; ms: number }[] = [];
  for await (const event of followJob(journey.api, { socketUrl, sessionId, jobId: job.id, signal: stop.signal })) {
    seen.push({ seq: event.seq, milestone: isMilestone(event.type), ms: Date.now() - Date.parse(event.at) });
    if (event.type === 'job_status' && event.data.status === 'awaiting_review') stop.abort();
  }
  return seen;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => statSync(file).size < 50_000_000);
}
