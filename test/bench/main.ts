// `npm run bench [-- --runs <n>] [--only <name>[,<name>]]`: measures, shows the figures, and writes docs/benchmarks.md when
// the machine was quiet. Results are kept by measurement in .patchbay/bench, so that the page can be made piece by piece.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../bin/laptop.ts';
import { stopBenchStacks } from './bench-stack.ts';
import type { Measurement } from './measurement.ts';
import { measurements } from './measurements.ts';
import { page, table } from './page.ts';
import { loadBefore, quietLoad } from './quiet-machine.ts';
import { keep, kept, type Result, rowsOf } from './results.ts';

const say = (line: string) => process.stderr.write(`bench: ${line}\n`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void stopBenchStacks().finally(() => process.exit(1)));

const { runs, chosen } = options();
const load = await loadBefore(say);
let failed = 0;
for (const measurement of chosen) {
  try {
    const result = await measure(measurement);
    process.stdout.write(`\n${measurement.title}\n${table(result.rows)}\n\n`);
    if (load < quietLoad) keep(result);
  } catch (error) {
    failed += 1;
    say(`${measurement.name} failed: ${error instanceof Error ? error.stack : error}`);
  }
}
if (load < quietLoad) {
  writeFileSync(join(root, 'docs/benchmarks.md'), page(measurements, kept));
  say('docs/benchmarks.md is written');
} else say(`not written: the load before was ${load.toFixed(2)}, and figures under ${quietLoad} alone are kept`);
process.exit(failed > 0 ? 1 : 0);

async function measure(measurement: Measurement): Promise<Result> {
  const all = [];
  for (let run = 1; run <= runs; run += 1) {
    say(`${measurement.name}: run ${run} of ${runs}`);
    const began = performance.now();
    all.push(await measurement.run((line) => say(`  ${line}`)));
    say(`${measurement.name}: run ${run} took ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
  return {
    name: measurement.name,
    runs,
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD') + (changes() === '' ? '' : ' with changes'),
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`,
    load,
    rows: rowsOf(all),
  };
}

/** The page itself changes with every measurement. */
function changes(): string {
  return git('status', '--porcelain', '--', '.', ':!docs/benchmarks.md');
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function options(): { runs: number; chosen: readonly Measurement[] } {
  const known = measurements.map(({ name }) => name).join(', ');
  try {
    const { values } = parseArgs({
      options: { runs: { type: 'string', default: '5' }, only: { type: 'string', multiple: true } },
    });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs takes a number from 1');
    const names = values.only?.flatMap((list) => list.split(','));
    const unknown = names?.find((name) => !measurements.some((one) => one.name === name));
    if (unknown !== undefined) throw new Error(`no measurement "${unknown}"`);
    return { runs, chosen: measurements.filter((one) => (names ? names.includes(one.name) : !one.onlyByName)) };
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}; there are: ${known}`);
    process.exit(2);
  }
}
