import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../../bin/laptop.ts';
import type { Reading } from './measurement.ts';
import { median } from './statistics.ts';

/** One figure over all runs. */
export interface Row {
  label: string;
  unit: Reading['unit'];
  median: number;
  min: number;
  max: number;
  /** `value` is the baseline's median; `ratio` is the median of each run's own ratio. */
  baseline?: { label: string; value: number; ratio: number };
}

/** What a measurement has given, and under which circumstances. */
export interface Result {
  name: string;
  runs: number;
  /** ISO, to the day. */
  date: string;
  commit: string;
  machine: string;
  /** Before its first run, 1 minute's average. */
  load: number;
  rows: Row[];
}

const folder = join(stateDir, 'bench');

/** A label with the values of each run. @throws Error when the runs do not have the same labels */
export function rowsOf(runs: readonly Reading[][]): Row[] {
  const [first = []] = runs;
  return first.map(({ label, unit }) => {
    const readings = runs.map((run) => {
      const reading = run.find((one) => one.label === label);
      if (!reading) throw new Error(`a run has no "${label}"`);
      return reading;
    });
    const values = readings.map(({ value }) => value);
    const baselines = readings.flatMap(({ baseline }) => baseline ?? []);
    const row = { label, unit, median: median(values), min: Math.min(...values), max: Math.max(...values) };
    if (baselines[0] === undefined) return row;
    const ratio = median(baselines.map(({ value }, run) => (values[run] ?? 0) / value));
    return { ...row, baseline: { label: baselines[0].label, value: median(baselines.map((one) => one.value)), ratio } };
  });
}

export function keep(result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${result.name}.json`), JSON.stringify(result, null, 2));
}

/** The newest that was kept. */
export function kept(name: string): Result | undefined {
  const file = join(folder, `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
}
