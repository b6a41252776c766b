import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aRepository, testCommand } from '../support/a-repository.ts';
import { aTerminal, interrupt, type Running, type Terminal } from '../support/a-terminal.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { fixTurn, goodTurns, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';

let model: ScriptedModel;
let repository: string;
let terminal: Terminal;
let stack: Running;

beforeAll(async () => {
  model = await startScriptedModel();
  model.script('good', goodTurns);
  model.script('slow', [planTurn, fixTurn, thinkingTurn]);
  model.script('idle', [planTurn, { command: 'true' }, submitTurn]);
  repository = aRepository();
  terminal = aTerminal(repository, { MODEL_BASE_URL: model.baseUrl, MODEL: 'own/good' });
  stack = await terminal.startStack();
});
afterAll(async () => {
  await terminal?.close();
  await model?.stop();
  if (repository) rmSync(repository, { recursive: true, force: true });
});

const solve = (...args: string[]) => terminal.solve(...args);
const ask = (...args: string[]) => terminal.start('ask.ts', args).ended;
const lastJob = async () => JSON.parse((await solve('status', 'last', '--json')).out);

describe('from a terminal', () => {
  it('an issue is solved, and its diff applied', async () => {
    writeFileSync(join(repository, 'notes.txt'), 'not committed\n');

    const solved = await terminal.start(
      'solve.ts',
      ['--repo', '.', '--issue', '-', '--test-command', testCommand],
      'greet is misspelled',
    ).ended;

    expect(solved).toMatchObject({ code: 0, err: expect.stringContaining('WARNING: 1 uncommitted change') });
    expect(solved.out).toMatch(/Issue +greet is misspelled\n/);
    for (const line of [
      'Queued',
      'Running',
      'Attempt 1: plan ready',
      'Attempt 1: solved',
      'Verdict reached',
      'Awaiting review',
    ])
      expect(solved.out).toContain(line);
    expect(solved.out).toMatch(/→ {2}attempt 1 {2}solved {2}verified {2}1 file \+1 -1 {2}[1-9]\d* steps/);
    const { id } = await lastJob();
    expect((await solve('diff', id)).out).toContain('+    return "Hello, " + name');
    expect((await solve('logs', id.slice(0, 8))).out).toContain('sed -i s/Helo/Hello/ greet.py');
    expect(await solve('apply', 'last')).toMatchObject({ code: 0, out: expect.stringContaining('greet.py') });
    expect(readFileSync(join(repository, 'greet.py'), 'utf8')).toContain('Hello');
    expect(execFileSync('git', ['diff', '--cached'], { cwd: repository }).toString()).toBe('');
    const bill = await ask('bill', id);
    expect(bill.out).toMatch(/Step Functions +\d+ +state transition +at \$25 a million +\$0\.000\d+ +https:/);
    expect(bill.out).toContain('No other job of yours ran in that time');
  });

  it('a job that fails is told apart by its exit code, and is JSON for a program', async () => {
    const failed = await solve('--repo', '.', '--issue', 'Anything', '--model', 'own/idle', '--json');

    const lines = failed.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(failed.code).toBe(2);
    expect(Object.keys(lines[0])).toEqual(['accepted']);
    const seqs = lines.slice(1, -1).map(({ event }) => event.seq);
    expect(seqs).toEqual(seqs.map((_: number, index: number) => index + 1));
    expect(lines.at(-1).job).toMatchObject({ status: 'failed', failure: { code: 'no_patch' } });
    expect((await solve('diff', 'last')).err).toContain('changed nothing');
  });

  it('Ctrl-C cancels the job, and what it had so far is kept', async () => {
    const running = terminal.start('solve.ts', [
      '--repo',
      '.',
      '--issue',
      'Anything',
      '--model',
      'own/slow',
      '--test-command',
      testCommand,
    ]);
    await running.says('Attempt 1: step 2');

    const { code, err, out } = (await interrupt(running)) ?? {};

    expect(code).toBe(3);
    expect(err).toContain('Ctrl-C again leaves at once');
    expect(out).toContain('Cancelled');
    expect((await solve('diff', 'last')).out).toContain('+    return "Hello, " + name');
    const status = (await ask('status')).out;
    const alarms = /^Alarms +\d+ of \d+; only AWS can tell \S+-QueueAge, \S+-Throttles$/m;
    for (const line of [/^Slots +0 of /m, /^Waiting +0 job/m, alarms, /^Sandboxes +0$/m]) expect(status).toMatch(line);
  });

  it('the stack is one, keeps its jobs over a restart, and is asked for when it is away', async () => {
    expect(await terminal.start('start.ts', []).ended).toMatchObject({
      code: 1,
      err: expect.stringContaining('running already'),
    });
    const { id } = await lastJob();
    const token = (await ask('token', '--user', 'guest')).out.trim();
    expect((await solve('status', id, '--token', token)).err).toContain('Check the id');

    expect(await interrupt(stack)).toMatchObject({ code: 0, out: expect.stringContaining('the stack has ended') });
    expect(existsSync(join(terminal.stackFolder, 'control.sock'))).toBe(false);
    expect(await solve('list')).toMatchObject({ code: 1, err: expect.stringContaining('Start one with `npm start`') });

    stack = await terminal.startStack();
    expect((await lastJob()).id).toBe(id);
    expect((await solve('list')).out.trim().split('\n')).toHaveLength(3);
  });
});
