import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Sample } from './emf.ts';

const simple = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'] as const;
export type Statistic = (typeof simple)[number] | `p${number}`;

export function isStatistic(text: string): text is Statistic {
  return simple.some((name) => name === text) || /^p\d+(\.\d+)?$/.test(text);
}

/** What to read. Times are ms since the epoch. */
interface MetricQuery {
  namespace?: string;
  name: string;
  /** The exact set, as CloudWatch has it; any if absent, which adds up a metric that is sent in several sets. */
  dimensions?: Record<string, string>;
  statistic: Statistic;
  /** Absent: one point for the whole time. */
  periodSeconds?: number;
  since?: number;
  until?: number;
}

/** Metrics of the functions, in place of CloudWatch. */
export interface Metrics {
  add(samples: Sample[]): void;
  /** One point for each period that has samples, in order; `at` is the period's start. */
  query(query: MetricQuery): { at: number; value: number }[];
  /** Each series once. */
  list(): { namespace: string; name: string; dimensions: Record<string, string>; unit: string }[];
  close(): void;
}

/** CloudWatch keeps points of one minute for fifteen days. */
const RETENTION_MS = 15 * 86_400_000;

export function createMetrics({ stateDir, now = Date.now }: { stateDir: string; now?: () => number }): Metrics {
  mkdirSync(stateDir, { recursive: true });
  const db = new DatabaseSync(path.join(stateDir, 'metrics.sqlite'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  db.exec(
    'CREATE TABLE IF NOT EXISTS samples (namespace TEXT, name TEXT, dimensions TEXT, unit TEXT, value REAL, at INTEGER)',
  );
  db.exec('CREATE INDEX IF NOT EXISTS samples_name ON samples (name, at)');
  db.prepare('DELETE FROM samples WHERE at < ?').run(now() - RETENTION_MS);
  const insert = db.prepare('INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)');
  const select = db.prepare(
    `SELECT value, at FROM samples WHERE name = ? AND at >= ? AND at < ?
     AND (? IS NULL OR namespace = ?) AND (? IS NULL OR dimensions = ?) ORDER BY at`,
  );
  const series = db.prepare('SELECT DISTINCT namespace, name, dimensions, unit FROM samples ORDER BY 1, 2, 3');
  return {
    add(samples) {
      if (!db.isOpen) return; // a line that comes after the stack has stopped
      for (const { namespace, name, dimensions, unit, value, at } of samples) {
        insert.run(namespace, name, keyOf(dimensions), unit, value, at);
      }
    },
    query({
      namespace = null,
      name,
      dimensions,
      statistic,
      periodSeconds,
      since = 0,
      until = Number.MAX_SAFE_INTEGER,
    }) {
      const wanted = dimensions ? keyOf(dimensions) : null;
      const rows = select.all(name, since, until, namespace, namespace, wanted, wanted) as {
        value: number;
        at: number;
      }[];
      const period = periodSeconds === undefined ? Number.POSITIVE_INFINITY : periodSeconds * 1000;
      const buckets = Map.groupBy(rows, ({ at }) =>
        Number.isFinite(period) ? Math.floor(at / period) * period : since,
      );
      return [...buckets].map(([at, samples]) => ({
        at,
        value: statisticOf(
          statistic,
          samples.map(({ value }) => value),
        ),
      }));
    },
    list: () =>
      (series.all() as { namespace: string; name: string; dimensions: string; unit: string }[]).map((row) => ({
        ...row,
        dimensions: JSON.parse(row.dimensions) as Record<string, string>,
      })),
    close: () => db.close(),
  };
}

function keyOf(dimensions: Record<string, string>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function statisticOf(statistic: Statistic, values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
    case 'SampleCount':
      return values.length;
    default: {
      // Nearest rank: CloudWatch interpolates, which for a laptop's few samples would invent values.
      const ordered = [...values].sort((a, b) => a - b);
      const rank = Math.ceil((Number(statistic.slice(1)) / 100) * ordered.length);
      return ordered[Math.max(0, rank - 1)] ?? Number.NaN;
    }
  }
}
