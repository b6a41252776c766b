import { milestoneText } from '#core/api/milestone-message';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { isMilestone, type JobEvent } from '#core/job/milestone';
import { cutToCells } from './cells.ts';
import { duration, table } from './figures.ts';
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
  const rows = table(all.map((attempt) => attemptRow(attempt, now, isUnpriced)));
  // A line that wraps would break the rewriting, and some terminals wrap one that fills them.
  return [head, ...rows].map((line) => cutToCells(line, columns - 1));
}

function attemptRow(attempt: AttemptProgress, now: number, isUnpriced: IsUnpriced): string[] {
  const { n, model, status, phase, steps, command, startedAt, finishedAt, outcome } = attempt;
  const ended = hasAttemptEnded(status);
  // A cancelled runner still tells its last phases.
  const what = ended ? [status, outcome].filter(Boolean).join(', ') : (phase ?? status);
  const ms = startedAt === null ? 0 : (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
  const doing = command === '' || !['planning', 'solving'].includes(phase ?? '') ? '' : `$ ${oneLine(command, 200)}`;
  // Padded to what most grow to: columns that move with every step are hard to read.
  const cost = modelCost([attempt], isUnpriced).padStart(8);
  return [` ${n}`, model, what.padEnd(12), `step ${steps}`.padEnd(8), cost, duration(ms).padStart(9), doing];
}

function etaOf(seconds: number | null): string {
  return seconds === null ? '' : `, about ${duration(seconds * 1_000)}`;
}
