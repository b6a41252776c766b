import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { Evidence } from '#core/workflow/runner';
import { aProject } from '../support/a-project.ts';
import { aRepository } from '../support/a-repository.ts';
import { aTerminal, type Terminal } from '../support/a-terminal.ts';
import { type ScriptedModel, startScriptedModel, type Turn } from '../support/scripted-model.ts';
import { planTurn, submitTurn } from '../support/scripted-turns.ts';

/** A repository in one language, with one bug. */
interface Project {
  name: string;
  /** Commands that the set-up is expected to run, in order. */
  setUp: RegExp[];
  /** The command that is expected to test it; absent where there are no tests. */
  tests?: string;
  /** What the scripted model does about the bug. */
  fix: string;
  /** Tests that this repairs, as the framework names them. */
  fixed: string[];
  /** The files of the diff. */
  changed: string[];
}

const slugs = {
  fix: `sed -i 's/"_"/"-"/' slugs.py`,
  fixed: ['test_slugs::test_words_are_joined_by_hyphens'],
  changed: ['slugs.py'],
};
const projects: Project[] = [
  {
    name: 'python-pip',
    setUp: [/venv/, /-r requirements\.txt/],
    tests: 'pytest -q',
    ...slugs,
  },
  {
    name: 'python-uv',
    setUp: [/^uv sync --frozen/],
    tests: 'uv run --no-sync pytest -q',
    ...slugs,
  },
  {
    name: 'python-poetry',
    setUp: [/^poetry install/],
    tests: 'poetry run pytest -q',
    ...slugs,
  },
  {
    name: 'node-npm',
    setUp: [/^npm ci/],
    tests: 'npm test --silent',
    fix: `sed -i 's/\\.toUpperCase()//' count.js`,
    fixed: ['count > keeps the case of the word'],
    changed: ['count.js'],
  },
  {
    name: 'node-pnpm',
    setUp: [/^pnpm install --frozen-lockfile/],
    tests: 'pnpm test',
    fix: `sed -i 's/ \\* 1000/ \\/ 1000/' seconds.ts`,
    fixed: ['a minute has sixty seconds'],
    changed: ['seconds.ts'],
  },
  {
    name: 'go-alone',
    setUp: [/^go mod download/],
    tests: 'go test ./...',
    fix: `sed -i 's/len(values)+1/max(len(values), 1)/' mean.go`,
    fixed: ['example.org/mean.TestOfTwo'],
    changed: ['mean.go'],
  },
  {
    name: 'go-module',
    setUp: [/^go mod download/],
    tests: 'go test ./...',
    fix: `sed -i 's/err != nil/err == nil/' ids/ids.go`,
    fixed: ['example.org/shout/ids.TestValid'],
    changed: ['ids/ids.go'],
  },
  {
    name: 'no-tests',
    setUp: [],
    fix: 'sed -i s/form/from/ backup.sh',
    fixed: [],
    changed: ['backup.sh'],
  },
];

/** Exit code of curl where the proxy answers CONNECT with 403. */
const refusedByProxy = 56;

let model: ScriptedModel;
let terminal: Terminal;
const measured: Record<string, unknown>[] = [];
const folders: string[] = [];

beforeAll(async () => {
  model = await startScriptedModel();
  terminal = aTerminal(tmpdir(), { MODEL_BASE_URL: model.baseUrl, MODEL: 'own/unused' });
  await terminal.startStack();
});
afterAll(async () => {
  console.table(measured);
  await terminal?.close();
  await model?.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a repository with one bug is solved as its own files say', () => {
  it.each(projects)('$name', async (project) => {
    const { code, done, events, folder } = await solve(project.name, [{ command: project.fix }]);

    expect({ code, failure: done.failure }).toEqual({ code: 0, failure: null });
    const evidence = Evidence.parse(JSON.parse(await artifact('evidence.json')));
    measured.push(rowOf(project, evidence, events));
    const installed = dataOf(events, 'deps_installed');
    expect(installed).toMatchObject({ ok: true, source: 'detected', notes: [] });
    const commands = (installed.commands as { command: string }[]).map(({ command }) => command);
    for (const expected of project.setUp) expect(commands).toContainEqual(expect.stringMatching(expected));
    expect(await terminal.solve('apply', 'last')).toMatchObject({ code: 0 });
    expect(git(folder, 'diff', '--name-only').trim().split('\n')).toEqual(project.changed);
    expect(done.verdict).toMatchObject({ winner: 1 });
    expect(done.attempts).toMatchObject([{ status: 'solved', verified: true }]);
    expect(evidence).toMatchObject({ applies: true, complete: true, setup: { ok: true, notes: [] } });
    if (project.tests === undefined) {
      expect(dataOf(events, 'baseline_tested')).toMatchObject({ command: null, class: null });
      expect(evidence.tests).toMatchObject({ command: null, before: null, after: null });
    } else {
      expect(dataOf(events, 'baseline_tested')).toMatchObject({ command: project.tests, class: 'failed', failed: 1 });
      expect(dataOf(events, 'tests_finished')).toMatchObject({
        after: 'passed',
        fixed: project.fixed,
        regressions: [],
        removed: [],
      });
      expect(evidence.tests).toMatchObject({
        before: 'failed',
        after: 'passed',
        fixed: project.fixed,
        regressions: [],
        removed: [],
      });
    }
  });
});

it('reaches the hosts of the set-up while it sets up, and no host from then on', async () => {
  const reach = (address: string) => `curl --silent --output /dev/null --max-time 20 ${address}`;
  const registry = reach('https://registry.npmjs.org/ms');
  const turns = [{ command: registry }, { command: 'sed -i s/form/from/ backup.sh' }];

  const { events } = await solve('no-tests', turns, [
    '--setup-command',
    registry,
    '--setup-command',
    reach('https://192.0.2.1/'),
  ]);

  const installed = dataOf(events, 'deps_installed');
  const codes = (installed.commands as { exit_code: number }[]).map(({ exit_code }) => exit_code);
  expect(installed).toMatchObject({ ok: false, source: 'job' });
  expect(codes).toEqual([0, refusedByProxy]);
  // The agent's own call: of quick steps the live events leave some out, the log does not.
  expect(await artifact('logs.txt')).toContain(`$ ${registry} → ${refusedByProxy} (`);
});

/** `npm run solve`, in the folder of the repository. */
async function solve(name: string, turns: Turn[], options: string[] = []) {
  const folder = aRepository(aProject(name));
  folders.push(folder);
  terminal.cwd = folder;
  const script = `${name}-${folders.length}`;
  model.script(script, [planTurn, ...turns, submitTurn]);
  const args = ['--repo', '.', '--issue', 'There is a bug', '--model', `own/${script}`, '--json', ...options];
  const { code, out, err } = await terminal.solve(...args);
  expect(out, err).not.toBe('');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const events: JobEvent[] = lines.flatMap(({ event }) => event ?? []);
  return { code, folder, events, done: lines.at(-1).job as JobView };
}

/** A file of the last job's only attempt. */
async function artifact(name: string): Promise<string> {
  await terminal.solve('artifacts', 'last', `1/1/${name}`, '--out', terminal.stackFolder);
  return readFileSync(join(terminal.stackFolder, '1', '1', name), 'utf8');
}

/** Of the first event of this type: the attempt's own, not that of its verification. */
function dataOf(events: JobEvent[], type: string): Record<string, unknown> {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`no ${type} in ${events.map((event) => event.type).join(', ')}`);
  return found.data as Record<string, unknown>;
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8' });
}

function rowOf(project: Project, evidence: Evidence, events: JobEvent[]): Record<string, unknown> {
  const installed = dataOf(events, 'deps_installed');
  const commands = installed.commands as { command: string; seconds: number }[];
  return {
    repository: project.name,
    set_up: commands.map(({ command }) => command.replaceAll(/\/workspace\/\S+\//g, '…/')).join(' ; ') || '–',
    seconds: commands.reduce((sum, { seconds }) => sum + seconds, 0),
    tests: evidence.tests?.command ?? '–',
    baseline: evidence.tests?.before ?? '–',
    after: evidence.tests?.after ?? '–',
    ok: evidence.setup?.ok === true && evidence.tests?.after !== 'failed',
  };
}
