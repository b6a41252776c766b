import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import type { IsUnpriced } from './model-cost.ts';
import { type Progress, startOf, withEvent, withSnapshot } from './progress.ts';
import { eventLine, liveLines } from './progress-lines.ts';
import type { Shell } from './shell.ts';

/** Who shows a job that is followed: a terminal, a pipe, or a program. */
export interface ProgressView {
  event(event: JobEvent): void;
  /** Only a terminal shows what no event carries: costs and the clock. */
  snapshot?(job: JobView): void;
  tick?(): void;
  /** A word of ours beside the events, and what Ctrl-C does from now on. */
  say(line: string, hint: string): void;
  end(): void;
}

/** `prices` may come late: until then a cost of nothing is shown as such. */
export function progressView(
  shell: Shell,
  job: JobView,
  options: { json: boolean; cancels: boolean; prices: Promise<IsUnpriced> },
): ProgressView {
  const plain = { say: shell.err, end: () => {} };
  if (options.json) return { ...plain, event: (event) => shell.out(`${JSON.stringify({ event })}\n`) };
  const write = (event: JobEvent) => {
    const line = eventLine(event);
    if (line !== undefined) shell.out(`${line}\n`);
  };
  return shell.terminal()
    ? terminalView(shell, job, options.cancels ? 'Ctrl-C cancels' : 'Ctrl-C leaves', options.prices)
    : { ...plain, event: write };
}

const ansi = { up: (lines: number) => `\x1b[${lines}A`, clearBelow: '\x1b[0J', start: '\r' };

/** Lines at the foot are rewritten in place; what concerns the whole job scrolls above them. */
function terminalView(shell: Shell, job: JobView, firstHint: string, prices: Promise<IsUnpriced>): ProgressView {
  let hint = firstHint;
  let isUnpriced: IsUnpriced = () => false;
  let progress: Progress = startOf(job);
  let drawn = 0;
  let over = false;
  const draw = (above: string[] = []) => {
    const { columns = 80 } = shell.terminal() ?? {};
    const lines = over ? [] : liveLines(progress, { now: Date.now(), columns, hint, isUnpriced });
    const back = drawn === 0 ? '' : ansi.start + ansi.up(drawn) + ansi.clearBelow;
    shell.out(back + [...above, ...lines].map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  };
  draw();
  void prices.then((known) => {
    isUnpriced = known;
    if (!over) draw();
  });
  return {
    event(event) {
      progress = withEvent(progress, event);
      const line = concernsAll(event) ? eventLine(event) : undefined;
      draw(line === undefined ? [] : [line]);
    },
    snapshot(snapshot) {
      progress = withSnapshot(progress, snapshot);
      draw();
    },
    tick: () => draw(),
    say(line, next) {
      hint = next;
      draw([line]);
    },
    end() {
      over = true;
      draw();
    },
  };
}

/** Not what an attempt's own line shows. */
function concernsAll({ type }: JobEvent): boolean {
  return ['job_status', 'verdict', 'waiting', 'cross_tested', 'plan_ready', 'blocked', 'error'].includes(type);
}
