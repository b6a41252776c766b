import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Stack } from 'aws-cdk-lib/core';
import { Duration } from 'aws-cdk-lib/core';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { dropOldCaches } from '#local/lambda/compile-cache';
import { startLambdas } from '#local/lambda/pool';
import { readAssembly } from '#local/template/assembly';
import { aFunction, someAddresses, synth, temporaryFolder } from '#test/local/template/synth';

const HANDLER = `import { spawn } from 'node:child_process';
export const handler = async ({ wait, child }) => {
  const sleep = child ? spawn('sleep', ['60']) : undefined;
  console.log('PIDS', process.pid, sleep?.pid ?? '');
  if (wait) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return process.pid;
};`;
const folder = temporaryFolder();
const script = fileURLToPath(new URL('./invoking-process.ts', import.meta.url));
const started: ChildProcess[] = [];
let cdkOut: string;

beforeAll(() => {
  cdkOut = synth(folder.path, (stack: Stack) => {
    aFunction(stack, folder.path, 'Only', HANDLER, { timeout: Duration.seconds(60) });
  });
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

afterAll(() => folder[Symbol.dispose]());

/** A process that has ended may stay in the list until its parent looks, which in a container may be never. */
const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z');
  } catch {
    return false;
  }
};

/** Starts a process with functions. @returns it, and its output so far */
function invoking(event: object) {
  const child = spawn(process.execPath, [script, cdkOut, folder.path, JSON.stringify(event)]);
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  const seen = (text: RegExp) => vi.waitFor(() => text.exec(output) ?? expect.fail(output), { timeout: 20_000 });
  return { child, seen };
}

it.each([
  ['a call under way', { wait: true }, /PIDS (\d+)/],
  ['no call under way', { wait: false }, /PIDS (\d+)[\s\S]*answered/],
])('a process does not outlive a stack that is killed, with %s', async (_what, event, ready) => {
  const { child, seen } = invoking(event);
  const pid = Number((await seen(ready))[1]);
  expect(alive(pid)).toBe(true);

  child.kill('SIGKILL');

  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 5_000 });
});

const lambdasOf = (options: { idleMs?: number }, lines: string[] = []) => {
  const assembly = readAssembly({ cdkOut, addresses: someAddresses() });
  const arn = assembly.byType('AWS::Lambda::Function')[0]!.arn;
  const starting = startLambdas({
    assembly,
    addresses: someAddresses(),
    credentialsFor: () => ({ accessKeyId: 'key', secretAccessKey: 'secret' }),
    count: () => {},
    log: (_name, line) => lines.push(line),
    stateDir: folder.path,
    ...options,
  });
  return { arn, starting };
};

it('a process that is idle for long is stopped, and the next call starts another', async () => {
  const { arn, starting } = lambdasOf({ idleMs: 1 });
  const lambdas = await starting;
  const first = await lambdas.invoke(arn, '{}');

  await vi.waitFor(() => expect(lambdas.stats().processes).toBe(0), { timeout: 5_000 });
  const second = await lambdas.invoke(arn, '{}');

  expect(second.functionError).toBeUndefined();
  expect(second.payload).not.toBe(first.payload);
  expect(lambdas.stats()).toMatchObject({ coldStarts: 2, invocations: 2 });
  await lambdas.stop();
});

it('what the first call made V8 compile is kept for the next process, and dropped with the code', async () => {
  const caches = join(folder.path, 'compile-cache');
  const { arn, starting } = lambdasOf({});
  const lambdas = await starting;
  await lambdas.invoke(arn, '{}');
  const [kept = ''] = readdirSync(caches);
  await vi.waitFor(() => expect(readdirSync(join(caches, kept), { recursive: true }).length).toBeGreaterThan(1));
  await lambdas.stop();

  dropOldCaches(folder.path, []);

  expect(existsSync(join(caches, kept))).toBe(false);
});

it('a stop ends what is under way, with everything it has started, and abandons its callers', async () => {
  const lines: string[] = [];
  const { arn, starting } = lambdasOf({}, lines);
  const lambdas = await starting;
  const call = lambdas.invoke(arn, JSON.stringify({ wait: true, child: true }));
  const abandoned = expect(call).rejects.toThrow('the stack is stopping');
  const found = await vi.waitFor(() => /PIDS (\d+) (\d+)/.exec(lines.join('\n')) ?? expect.fail('not yet'));

  await lambdas.stop();

  await abandoned;
  await vi.waitFor(() => expect(found.slice(1).map(Number).filter(alive)).toEqual([]));
  await expect(lambdas.invoke(arn, '{}')).rejects.toThrow('the stack is stopping');
});
