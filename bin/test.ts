// `npm test`: every check and test, one after another, and one line that adds them up. `--check` (npm run check) leaves out
// the journeys; `--all` (npm run test:all) runs the long journeys alone, `--faults` (npm run test:faults) what takes half an hour.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateDir } from './laptop.ts';
import { synth } from './synth.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

const flags = new Set(process.argv.slice(2));
const tallies: Tally[] = [];

if (flags.has('--all')) vitest(['long']);
else if (flags.has('--faults')) vitest(['faults']);
else {
  check('format and lint', () => run('@biomejs/biome/bin/biome', 'check', '--error-on-warnings'));
  check('types', () => run('@typescript/native/bin/tsc', '-p', '.'));
  check('dead code', () => run('knip/bin/knip.js'));
  check('synth', () => synth());
  python();
  vitest(['unit', 'contract', 'infra', 'local', ...(flags.has('--check') ? [] : ['journey'])]);
}

const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`);
process.exit(sum('failed') > 0 ? 1 : 0);

/** A check counts as one test. */
function check(title: string, attempt: () => unknown): void {
  const began = Date.now();
  const ended = (word: string) =>
    process.stdout.write(`${word}  ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  try {
    attempt();
    ended('ok');
    tallies.push({ passed: 1, failed: 0, skipped: 0 });
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
    ended('FAILED');
    tallies.push({ passed: 0, failed: 1, skipped: 0 });
  }
}

/** A package's command, on this Node. @throws Error when it fails; its output has said why */
function run(script: string, ...args: string[]): void {
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
}

function vitest(projects: string[]): void {
  const report = join(stateDir, 'test', 'vitest.json');
  mkdirSync(join(stateDir, 'test'), { recursive: true });
  const args = [
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    '--passWithNoTests',
  ];
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  const { numPassedTests, numFailedTests, numPendingTests, success } = JSON.parse(
    readFileSync(report, 'utf8'),
  ) as Record<string, number> & { success: boolean };
  // A file that fails to load, or an unhandled error, fails the run without a failed test.
  const failed = Math.max(numFailedTests ?? 0, status !== 0 || !success ? 1 : 0);
  tallies.push({ passed: numPassedTests ?? 0, failed, skipped: numPendingTests ?? 0 });
}

/** unittest ends with `Ran 12 tests in 3.4s` and `OK (skipped=1)` or `FAILED (failures=1, errors=2)`. */
function python(): void {
  const { stderr, stdout } = spawnSync(
    join(stateDir, 'venv', 'bin', 'python3'),
    ['-m', 'unittest', 'discover', '-s', 'test/python'],
    { cwd: root, encoding: 'utf8' },
  );
  const output = stdout + stderr;
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? 0);
  const ran = number(/Ran (\d+) tests?/);
  const failed = number(/failures=(\d+)/) + number(/errors=(\d+)/);
  const skipped = number(/skipped=(\d+)/);
  const ok = ran > 0 && /^OK/m.test(output);
  process.stdout.write(
    `${ok ? (output.match(/^(Ran|OK).*$/gm) ?? []).join('; ') : output}\n${ok ? 'ok' : 'FAILED'}  python\n`,
  );
  tallies.push({ passed: ran - failed - skipped, failed: ok ? 0 : Math.max(failed, 1), skipped });
}
