import { describe, expect, it } from 'vitest';
import { jobView } from '#core/api/job-view';
import { costsOf } from '#core/job/job-costs';
import type { JobEvent } from '#core/job/milestone';
import { cellsOf, cutToCells } from '../../../bin/cli/cells.ts';
import { duration, table, usd } from '../../../bin/cli/figures.ts';
import { oneLine, printable } from '../../../bin/cli/printable.ts';
import { startOf, withEvent, withSnapshot } from '../../../bin/cli/progress.ts';
import { eventLine, liveLines } from '../../../bin/cli/progress-lines.ts';
import { progressView } from '../../../bin/cli/progress-view.ts';
import { aShell } from '../../support/a-shell.ts';
import { aJob, anAttempt } from '../../support/builders.ts';

const at = '2026-01-05T09:00:10.000Z';
const event = (type: JobEvent['type'], src: string, data: Record<string, unknown> = {}): JobEvent => {
  return { seq: 1, src_seq: 1, at, type, src, data };
};
const priced = () => false;
const view = (attempts = [anAttempt({ status: 'running' })]) =>
  jobView({ seq: 1, job: aJob({ status: 'running' }), attempts, costs: costsOf(attempts, [], 0), waiting: null });

describe('progress', () => {
  it('moves with events, and takes costs from snapshots', () => {
    let progress = startOf(view());
    progress = withEvent(progress, event('plan_ready', 'solve-1@1'));
    progress = withEvent(progress, event('step', 'solve-1@1', { n: 3, command: 'make test' }));
    progress = withSnapshot(
      progress,
      view([anAttempt({ status: 'running', usage: { calls: 3, cost_usd: 0.5, input: 1, output: 1, cached: 0 } })]),
    );

    expect(progress.attempts.get(1)).toMatchObject({ steps: 3, costUsd: 0.5, command: 'make test', status: 'running' });
  });

  it('does not go back on a snapshot that is older than the events', () => {
    const failure = { code: 'no_patch', message: 'Nothing changed.', remedy: '', retryable: true };
    const ended = withEvent(
      startOf(view()),
      event('attempt_status', 'attempt-1', { attempt: 1, status: 'failed', failure }),
    );

    expect(withSnapshot(ended, view()).attempts.get(1)).toMatchObject({
      status: 'failed',
      phase: null,
      outcome: 'no_patch',
    });
  });

  it('is a line for the job and one for each attempt, as wide as the terminal at most', () => {
    let progress = startOf(view([anAttempt({ status: 'running' }), anAttempt({ n: 2 })]));
    progress = withEvent(progress, event('execute_started', 'solve-1@1'));
    progress = withEvent(progress, event('step', 'solve-1@1', { n: 3, command: `echo ${'long 長い 🚀 '.repeat(40)}` }));

    const lines = liveLines(progress, {
      now: Date.parse('2026-01-05T09:01:05.000Z'),
      columns: 80,
      hint: 'hint',
      isUnpriced: priced,
    });

    expect(lines).toHaveLength(3);
    for (const line of lines) expect(cellsOf(line)).toBeLessThan(80);
    expect(lines[0]).toBe('running   $0.00   hint');
    expect(lines[1]).toMatch(/^ 1 {2}replay\/demo +solving +step 3 +\$0\.00 +1 m 05 s {2}\$ echo .*…$/);
    expect(lines[2]).toMatch(/^ 2 {2}replay\/demo +provisioning/);
  });

  it('has its columns under each other, whatever the names and ends of the attempts are', () => {
    const model = 'anthropic/claude-sonnet-5-5';
    const attempts = [anAttempt({ model, status: 'solved', verified: true }), anAttempt({ n: 2, status: 'running' })];

    const [, first, second] = liveLines(startOf(view(attempts)), {
      now: 0,
      columns: 80,
      hint: '',
      isUnpriced: priced,
    });

    expect(first).toContain('solved, verified  step 0');
    for (const column of ['step 0', '$0.00', '0 s']) expect(second?.indexOf(column)).toBe(first?.indexOf(column));
  });

  it('does not show a model without a price as free', () => {
    const used = (cost_usd: number) => ({ calls: 3, cost_usd, input: 1, output: 1, cached: 0 });
    const lines = (...costs: number[]) => {
      const models = ['own/qwen', 'anthropic/claude'];
      const attempts = costs.map((cost, index) =>
        anAttempt({ n: index + 1, model: models[index]!, usage: used(cost) }),
      );
      const isUnpriced = (model: string) => model.startsWith('own/');
      return liveLines(startOf(view(attempts)), { now: 0, columns: 100, hint: 'hint', isUnpriced });
    };

    expect(lines(0)[0]).toBe('running   unpriced   hint');
    expect(lines(0)[1]).toMatch(/own\/qwen +provisioning +step 0 +unpriced /);
    expect(lines(0, 0.25)[0]).toBe('running   $0.2500 + unpriced   hint');
    expect(lines(0, 0.25)[2]).toMatch(/anthropic\/claude .* \$0\.2500 /);
    // Counted when it had a price.
    expect(lines(0.5)[0]).toBe('running   $0.5000   hint');
  });

  it('shows the end of an attempt, whatever its runner still tells', () => {
    let progress = startOf(view([anAttempt({ status: 'cancelled' })]));
    progress = withEvent(progress, event('execute_started', 'solve-1@1'));

    const [, line] = liveLines(progress, { now: 0, columns: 100, hint: '', isUnpriced: priced });

    expect(line).toMatch(/^ 1 {2}replay\/demo +cancelled /);
  });

  it('is a line for each milestone and step where it is piped, and none for the rest', () => {
    expect(eventLine(event('repo_cloned', 'solve-2@1'))).toBe('09:00:10  #01  Attempt 2: repository cloned');
    expect(eventLine(event('step', 'solve-2@1', { n: 4, command: 'ls\n-l', exit_code: 2 }))).toBe(
      '09:00:10  #01  Attempt 2: step 4: $ ls -l (exit 2)',
    );
    expect(eventLine(event('note', 'solve-2@1'))).toBeUndefined();
  });
});

describe('a terminal', () => {
  it('has its foot rewritten in place, and nothing left of it at the end', () => {
    const shell = aShell({ terminal: () => ({ columns: 80 }) });
    const shown = progressView(shell, view(), { json: false, cancels: true, prices: Promise.resolve(priced) });
    shown.event(event('job_status', 'job', { status: 'awaiting_review' }));
    shown.say('a word', 'Ctrl-C leaves');
    shown.end();
    shown.say('late', '');

    expect(screenOf(shell.stdout)).toEqual(['09:00:10  #01  Awaiting review', 'a word', 'late']);
  });

  it('learns which models have no price', async () => {
    const shell = aShell({ terminal: () => ({ columns: 80 }) });
    const shown = progressView(shell, view(), { json: false, cancels: true, prices: Promise.resolve(() => true) });
    expect(screenOf(shell.stdout)[0]).toBe('running   $0.00   Ctrl-C cancels');
    await Promise.resolve();

    expect(screenOf(shell.stdout)[0]).toBe('running   unpriced   Ctrl-C cancels');
    shown.end();
  });

  it('is sent no escape sequence and no reversed text of an agent', () => {
    expect(printable('a\x1b[2Jb\x1b]0;title\x07c\u202ed\te\nf\r\x9b')).toBe('abcd\te\nf');
    expect(oneLine('  many\n\nlines \x1b[31mred', 12)).toBe('many lines …');
  });
});

/** What stands on the screen after everything that was written. */
function screenOf(written: string): string[] {
  const lines: string[] = [];
  const parts = written.replaceAll('\x1b', '^').matchAll(/\r\^\[(\d+)A\^\[0J|([^\n\r^]*)\n/g);
  for (const [, up, line] of parts) {
    if (up === undefined) lines.push(line ?? '');
    else lines.splice(lines.length - Number(up));
  }
  return lines;
}

describe('the width of a text', () => {
  it.each([
    ['abc…', 4],
    ['漢字かな한글', 12],
    ['ｆｕｌｌ（）', 12],
    ['é', 1],
    ['e\u0301\u200b', 1],
    ['🚀✅', 4],
    ['⚠\ufe0f', 2],
  ])('of %s is %i cells', (text, cells) => {
    expect(cellsOf(text)).toBe(cells);
  });

  it('is cut to, and never in the middle of a letter', () => {
    expect(cutToCells('漢字', 4)).toBe('漢字');
    expect(cutToCells('漢字漢', 4)).toBe('漢…');
    expect(cutToCells('漢字漢', 5)).toBe('漢字…');
  });
});

describe('figures', () => {
  it.each([
    [0, '$0.00'],
    [1.239, '$1.24'],
    [0.0211, '$0.0211'],
    [0.000_012_3, '$0.000012'],
  ])('%s is %s', (amount, text) => {
    expect(usd(amount)).toBe(text);
  });

  it.each([
    [-5, '0 s'],
    [41_000, '41 s'],
    [187_000, '3 m 07 s'],
    [7_500_000, '2 h 05 m'],
  ])('%s ms are %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('stand in columns', () => {
    expect(
      table([
        ['a', 10, 'x'],
        ['bcd', 2, ''],
      ]),
    ).toEqual(['a    10  x', 'bcd   2']);
  });
});
