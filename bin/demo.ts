// `npm run demo`: one real job through the synthesized application on this machine, from the issue to a verified diff.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milestoneText } from '#core/api/milestone-message';
import { hasJobEnded, jobStatuses } from '#core/job/lifecycle';
import { isMilestone, type JobEvent } from '#core/job/milestone';
import { Evidence, PlanFile } from '#core/workflow/runner';
import type { Bill } from '#local/watch/ledger';
import { ApiClient } from './client/api-client.ts';
import { followJob } from './client/live-client.ts';
import { laptopOptions, root, stateDir } from './laptop.ts';
import { StackClient } from './stack-client.ts';
import { synth } from './synth.ts';

const began = Date.now();
const clock = () => `${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s`;
const say = (line = '') => process.stdout.write(`${line}\n`);
const step = (line: string) => say(`${clock()}  ${line}`);

const sample = JSON.parse(readFileSync(join(root, 'local/sample/issue.json'), 'utf8')) as {
  title: string;
  body: string;
  test_command: string;
};

async function demo(): Promise<boolean> {
  const cdkOut = synth((line) => step(line));
  step('starting the local stack from cdk.out …');
  const stackLog: string[] = [];
  const stack = new StackClient({ log: (line) => stackLog.push(line) });
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  interrupted.signal.addEventListener('abort', () => void stack.stop());
  try {
    const { apiUrl, socketUrl, jailed } = await stack.ask<{ apiUrl: string; socketUrl: string; jailed: boolean }>(
      'start',
      laptopOptions(cdkOut, 'demo'),
    );
    step(`ready: API ${apiUrl}, socket ${socketUrl}`);
    if (!jailed)
      step('WARNING: no bubblewrap here: the sandbox is a plain process of this machine, without isolation.');
    return await solveSample(stack, { apiUrl, socketUrl, signal: interrupted.signal });
  } catch (error) {
    say(stackLog.slice(-20).join('\n'));
    throw error;
  } finally {
    await stack.stop();
    step('the stack has ended; nothing is left running');
  }
}

async function solveSample(
  stack: StackClient,
  at: { apiUrl: string; socketUrl: string; signal: AbortSignal },
): Promise<boolean> {
  const since = Date.now();
  const repository = await importSample(stack);
  const api = new ApiClient({ baseUrl: at.apiUrl, token: await stack.ask<string>('token', { sub: 'you' }) });
  const session = await api.call('createSession', { body: { title: 'Demo' } });
  const issue = await api.call('createIssue', {
    params: { id: session.id },
    body: { title: sample.title, body: sample.body, repository: { url: repository } },
  });
  step(`issue filed: ${issue.title}`);
  const { job } = await api.call('solve', {
    params: { id: session.id, issue_id: issue.id },
    body: { attempts: 1, models: ['replay/sample'], test_command: sample.test_command },
  });
  step(`job ${job.id} accepted; the model is a recording (replay/sample), everything else is real`);
  say();

  const follow = new AbortController();
  const signal = AbortSignal.any([follow.signal, at.signal]);
  for await (const event of followJob(api, { socketUrl: at.socketUrl, sessionId: session.id, jobId: job.id, signal })) {
    if (isMilestone(event.type) || event.type === 'step') step(describe(event));
    if (event.type === 'job_status' && isOver(event.data.status)) follow.abort();
  }
  say();
  const ok = await report(api, job.id, repository);
  await printBill(stack, since);
  return ok;
}

/** Nothing more comes by itself: it ended, or a person has to decide. */
function isOver(status: unknown): boolean {
  return status === 'awaiting_review' || jobStatuses.some((known) => known === status && hasJobEnded(known));
}

function describe(event: JobEvent): string {
  if (event.type !== 'step') return `#${String(event.seq).padStart(2, '0')} ${milestoneText(event)}`;
  const { n, command, exit_code: exitCode } = event.data as { n?: number; command?: string; exit_code?: number };
  return `#${String(event.seq).padStart(2, '0')}   step ${n ?? ''}: ${String(command ?? '')
    .split('\n')[0]
    ?.slice(0, 90)}${exitCode ? ` (exit ${exitCode})` : ''}`;
}

/** Plan, evidence, diff, where they are; true when the job has what the demo promises. */
async function report(api: ApiClient, jobId: string, repository: string): Promise<boolean> {
  const job = await api.call('getJob', { params: { job_id: jobId } });
  const named = (file: string) => job.artifacts.find(({ name }) => name.endsWith(`/${file}`));
  const read = async (file: string) => {
    const artifact = named(file);
    return (
      artifact &&
      Buffer.from(await api.call('getArtifact', { params: { job_id: jobId, name: artifact.name } })).toString('utf8')
    );
  };
  const [plan, evidence, diff] = [await read('plan.json'), await read('evidence.json'), await read('diff.patch')];
  if (plan) sayPlan(PlanFile.parse(JSON.parse(plan)));
  const seen = evidence === undefined ? undefined : Evidence.parse(JSON.parse(evidence));
  if (seen) sayEvidence(seen);
  if (diff) say(`\nDiff\n${diff.trimEnd()}\n`);
  if (job.verdict) say(`Verdict: ${job.verdict.reason}`);
  if (job.failure) say(`Failed: ${job.failure.code}: ${job.failure.message} ${job.failure.remedy}`);
  say('\nArtifacts (in the bucket of the stack, and at GET /solver/jobs/<job>/artifacts/<name>)');
  for (const { name, size, sha256 } of job.artifacts)
    say(`  ${name.padEnd(28)} ${String(size).padStart(8)} B  sha256 ${sha256.slice(0, 16)}…`);
  const applies = diff !== undefined && appliesHere(repository, diff);
  const green = seen?.tests?.before === 'failed' && seen.tests.after === 'passed';
  say(
    `\nStatus ${job.status}; the diff applies to a fresh clone: ${yes(applies)}; failing test turned green in a fresh sandbox: ${yes(green)}`,
  );
  return job.status === 'awaiting_review' && applies && green;
}

function sayPlan(plan: PlanFile): void {
  say(`Plan: ${plan.summary}`);
  if (plan.root_cause) say(`  cause: ${plan.root_cause}`);
  for (const { id, title } of plan.steps) say(`  ${id}. ${title}`);
}

function sayEvidence({ applies, tests, changes }: Evidence): void {
  const counts = tests?.counts
    ? ` (${tests.counts.before.failed} failing → ${tests.counts.after.failed} failing, ${tests.counts.after.passed} passing)`
    : '';
  say(
    `\nEvidence from a fresh sandbox: applies ${yes(applies)}; tests ${tests?.before ?? 'none'} → ${tests?.after ?? 'none'}${counts}; regressions ${tests?.regressions.length ?? 0}; files changed ${changes?.files ?? '?'}`,
  );
}

function appliesHere(repository: string, diff: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-demo-'));
  try {
    const git = (...args: string[]) => spawnSync('git', args, { cwd: folder, encoding: 'utf8' }).status === 0;
    writeFileSync(join(folder, 'diff.patch'), diff);
    return (
      git('clone', '--quiet', repository, 'clone') && git('-C', 'clone', 'apply', '--check', join(folder, 'diff.patch'))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function importSample(stack: StackClient): Promise<string> {
  const { makeSampleRepository } = (await import(
    new URL('../local/sample/make-repository.mjs', import.meta.url).href
  )) as { makeSampleRepository(folder: string): { head: string } };
  const folder = join(stateDir, 'sample');
  rmSync(folder, { recursive: true, force: true });
  const { head } = makeSampleRepository(folder);
  step(`sample repository at ${head.slice(0, 12)}`);
  return stack.ask<string>('importRepository', { name: 'sample', path: folder });
}

async function printBill(stack: StackClient, since: number): Promise<void> {
  const bill = await stack.ask<Bill>('bill', { since });
  say(
    `\nOn AWS this job would have cost $${bill.totalUsd.toFixed(6)} (counted calls at list prices; sandbox and model come on top):`,
  );
  for (const { label, units, unit, usd } of bill.lines.filter((line) => line.usd > 0).slice(0, 8))
    say(`  ${label.padEnd(40)} ${units.toFixed(2).padStart(10)} ${unit.padEnd(14)} $${usd.toFixed(6)}`);
}

const yes = (value: boolean) => (value ? 'yes' : 'NO');

demo().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error) => {
    process.stderr.write(`patchbay: the demo failed: ${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  },
);
