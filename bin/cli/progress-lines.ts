import { milestoneText } from '#core/api/milestone-message';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { isMilestone, type JobEvent } from '#core/job/milestone';
import { duration } from './figures.ts';
import { type IsUnpriced, modelCost } from './model-cost.ts';
import { oneLine } from './printable.ts';
import type { AttemptProgress, Progress } from './progress.ts';

/** An event as a line that stays; undefined for those that only a machine reads. */
export function eventLine({ type, src, data, seq, at }: JobEvent): string | undefined {
  const head = `${at.slice(11, 19)}  #${String(seq).padStart(2, '0')}  `;
  const of = /^solve-(\d+)/.exec(src)?.[1];
  if (type === 'step') {
    const exit = data.exit_code === 0 ? '' : ` (exit ${data.exit_code})`;
    return `${head}Attempt ${of}: step ${data.n}: $ ${oneLine(String(data.command ?? ''), 100)}${exit}`;
  }
  if (!isMilestone(type)) return undefined;
  const line = head + oneLine(milestoneText({ type, src, data, seq, at, src_seq: 1 }), 300);
  if (type !== 'plan_ready' || typeof data.summary !== 'string') return line;
  return `${line}: ${oneLine(data.summary, 160)}`;
}

/** What stands at the foot of a terminal while a job is at work: a line for the job, one for each attempt. */
export function liveLines(
  { status, waiting, attempts }: Progress,
  { now, columns, hint, isUnpriced }: { now: number; columns: number; hint: string; isUnpriced: IsUnpriced },
): string[] {
  const all = [...attempts.values()].toSorted((a, b) => a.n - b.n);
  const place = waiting === null ? '' : `, place ${waiting.position} in the line${etaOf(waiting.eta_seconds)}`;
  const head = `${status.replace('_', ' ')}${place}   ${modelCost(all, isUnpriced)}   ${hint}`;
  return [head, ...all.map((attempt) => attemptLine(attempt, now, isUnpriced))].map((line) =>
    oneLineKept(line, columns),
  );
}

function attemptLine(attempt: AttemptProgress, now: number, isUnpriced: IsUnpriced): string {
  const { n, model, status, phase, steps, command, startedAt, finishedAt, outcome } = attempt;
  const ended = hasAttemptEnded(status);
  // A cancelled runner still tells its last phases.
  const what = ended ? [status, outcome].filter(Boolean).join(', ') : (phase ?? status);
  const ms = startedAt === null ? 0 : (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  const cost = modelCost([attempt], isUnpriced);
  const figures = [`step ${steps}`.padEnd(8), cost.padStart(8), duration(ms).padStart(9)].join('  ');
  const doing = command === '' || !['planning', 'solving'].includes(phase ?? '') ? '' : `  $ ${oneLine(command, 200)}`;
  return ` ${n}  ${model.padEnd(20)}  ${what.padEnd(12)}  ${figures}${doing}`;
}

function etaOf(seconds: number | null): string {
  return seconds === null ? '' : `, about ${duration(seconds * 1_000)}`;
}

/** Cut to the width, with the blanks that make columns. A line that wraps would break the rewriting. */
function oneLineKept(line: string, columns: number): string {
  const characters = [...line];
  return characters.length < columns ? line : `${characters.slice(0, Math.max(1, columns - 2)).join('')}…`;
}
