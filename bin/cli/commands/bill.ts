import type { JobView } from '#core/api/views';
import { counted } from '#core/counted';
import { sandboxPrice } from '#core/job/sandbox-cost';
import type { Bill } from '#local/watch/ledger';
import { command, jsonOption } from '../command.ts';
import { type Connection, connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { table, usd } from '../figures.ts';
import { jobNamed } from '../job-named.ts';
import { type IsUnpriced, jobModelCost, unpricedModels } from '../model-cost.ts';
import { UsageError } from '../usage-error.ts';

export const bill = command({
  summary: 'What the AWS calls of a job, or of a time, would have cost',
  words: ['[<job>]'],
  options: {
    since: { type: 'string', value: 'TIME', help: 'that long ago: 30m, 1h, 2d; 24h unless given' },
    ...jsonOption,
    ...connectionOptions,
  },
  example: 'npm run bill -- last',
  notes: [
    'Counted calls at list prices, without the free tier. Sandboxes and models are charged by their providers, and named beside them.',
  ],
  async run({ shell, values, words: [name] }) {
    const time = sinceOf(values.since, name, Date.now());
    const { api, ask } = await connect(shell, values);
    if (!ask)
      throw new UsageError('--api', 'a deployed install has its bill at AWS.', 'Use it with `npm start` alone.');
    const job = name === undefined ? undefined : await jobNamed(api, name);
    const span = job ? spanOf(job, Date.now()) : time;
    const sum = await ask<Bill>('bill', span);
    const others = job ? await alongside(api, job) : [];
    shell.out(values.json ? `${JSON.stringify({ ...span, jobs_alongside: others, ...sum })}\n` : billText(sum, span));
    if (job && !values.json) shell.out(jobLines(job, others, await unpricedModels(api)));
    return exitCodes.done.code;
  },
});

interface Span {
  /** ms since the epoch. */
  since: number;
  until: number;
}

const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** @throws UsageError for a time that cannot be read, or beside a job */
export function sinceOf(text: string | undefined, job: string | undefined, now: number): Span {
  if (text !== undefined && job !== undefined)
    throw new UsageError('--since', 'a job has its own time.', 'Give a job or --since, not both.');
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text ?? '24h') ?? [];
  if (amount === undefined)
    throw new UsageError('--since', `"${text}" is no time.`, 'For example: --since 90m, 1h or 2d.');
  return { since: now - Number(amount) * units[unit as keyof typeof units], until: now };
}

/**
 * Its row is written within the request that asks for it, and its end before the workflow's own: money, permits, and what
 * Lambda counts when the function has returned.
 */
const around = { beforeMs: 1_000, afterMs: 5_000 };

export function spanOf({ created_at, finished_at }: Pick<JobView, 'created_at' | 'finished_at'>, now: number): Span {
  const until = finished_at === null ? now : Math.min(now, Date.parse(finished_at) + around.afterMs);
  return { since: Date.parse(created_at) - around.beforeMs, until };
}

/** Ids of jobs whose time overlaps: their calls are in the same bill. */
async function alongside(api: Connection['api'], job: JobView): Promise<string[]> {
  const { since, until } = spanOf(job, Date.now());
  const { jobs } = await api.call('listJobs', { query: { limit: 100 } });
  const overlaps = (other: Span) => other.since < until && other.until > since;
  return jobs.filter((other) => other.id !== job.id && overlaps(spanOf(other, Date.now()))).map(({ id }) => id);
}

function billText({ lines, totalUsd, unpriced, region, pricesAsOf }: Bill, { since, until }: Span): string {
  const at = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const perMillion = (price: number) => `$${Number((price * 1_000_000).toPrecision(6))} a million`;
  const rows = lines.map((line) => [
    line.label,
    Number(line.units.toFixed(3)),
    line.unit,
    `at ${perMillion(line.usdPerUnit)}`,
    `$${line.usd.toFixed(8)}`,
    line.source,
  ]);
  return `${[
    `AWS calls from ${at(since)} to ${at(until)} UTC, at the prices of ${region}, ${pricesAsOf}:`,
    ...table(rows).map((row) => `  ${row}`),
    `Total $${totalUsd.toFixed(6)} on AWS${unpriced.length > 0 ? `; without a price: ${unpriced.join(', ')}` : ''}`,
  ].join('\n')}\n`;
}

function jobLines({ attempts, costs }: JobView, others: readonly string[], isUnpriced: IsUnpriced): string {
  const shared =
    others.length === 0
      ? 'No other job of yours ran in that time; calls of an open chat or of other users are counted all the same.'
      : `Calls of ${counted(others.length, 'other job')} that ran in that time are included: ${others.join(', ')}`;
  const { size, source, asOf } = sandboxPrice;
  return [
    `Models ${jobModelCost({ attempts, costs }, isUnpriced)} on top, metered by the gateway.`,
    `Sandboxes ${usd(costs.sandboxes_usd)} on top at e2b: ${costs.sandbox_seconds.toFixed(1)} s of ${size.cpuCount} vCPU and ${size.memoryMB / 1_024} GiB, at the prices of ${asOf} (${source}).`,
    `${shared}\n`,
  ].join('\n');
}
