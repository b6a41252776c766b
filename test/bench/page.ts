import type { Measurement, Reading } from './measurement.ts';
import type { Result, Row } from './results.ts';

/** The page of all kept results; a measurement without one is not on it. */
export function page(measurements: readonly Measurement[], kept: (name: string) => Result | undefined): string {
  const sections = measurements.flatMap((measurement) => {
    const result = kept(measurement.name);
    return result ? [section(measurement, result)] : [];
  });
  return `# Benchmarks

Written by \`npm run bench\` (\`test/bench/\`). Each figure is the median of its runs, with the lowest and the highest beside
it. A ratio is against the baseline named with it, measured in the same run; it is the median of the runs' own ratios.
\`npm run bench -- --only <name> --runs <n>\` repeats one section; what runs on a busy machine is shown and not written here.
Everything runs on one machine: the stack, the sandboxes, the model's server and what measures them share its cores.

${sections.join('\n\n')}
`;
}

function section({ title, name, method }: Measurement, result: Result): string {
  const runs = `${result.runs} run${result.runs === 1 ? '' : 's'}`;
  return `## ${title}

\`--only ${name}\` · ${runs} · ${result.date} · commit ${result.commit} · ${result.machine} · load before: ${result.load.toFixed(2)}

${method}

${table(result.rows)}`;
}

/** Markdown. */
export function table(rows: readonly Row[]): string {
  const compares = rows.some(({ baseline }) => baseline);
  const lines = rows.map((row) => {
    const cells = [row.label, withUnit(row.median, row.unit), withUnit(row.min, row.unit), withUnit(row.max, row.unit)];
    if (!compares) return cells;
    const { baseline } = row;
    return [
      ...cells,
      baseline ? `${baseline.label}: ${withUnit(baseline.value, row.unit)}` : '',
      baseline ? `${baseline.ratio.toFixed(2)} ×` : '',
    ];
  });
  const head = ['figure', 'median', 'min', 'max', ...(compares ? ['baseline', 'ratio'] : [])];
  const rule = head.map((_, index) => (index === 0 || head[index] === 'baseline' ? '---' : '---:'));
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function withUnit(value: number, unit: Reading['unit']): string {
  if (unit === '$') return `$${value.toPrecision(3)}`;
  if (unit === 's') return `${value.toFixed(2)} s`;
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  return `${value.toFixed(digits)}${['calls', 'processes', 'samples'].includes(unit) ? '' : ` ${unit}`}`;
}
