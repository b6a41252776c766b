import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { Evidence } from '#core/workflow/runner';
import { aProject } from '../support/a-project.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import type { Turn } from '../support/scripted-model.ts';
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

let journey: Journey;
const measured: Record<string, unknown>[] = [];

beforeAll(async () => {
  journey = await startJourney({ timeScale: 2 });
});
afterAll(async () => {
  console.table(measured);
  await journey?.stop();
});

describe('a repository with one bug is solved as its own files say', () => {
  it.each(projects)('$name', async (project) => {
    const { done, events } = await solve(project);

    const evidence = Evidence.parse(JSON.parse((await journey.artifact(done, 'evidence.json')) ?? ''));
    measured.push(rowOf(project, evidence, events));
    const installed = dataOf(events, 'deps_installed');
    expect(installed).toMatchObject({ ok: true, source: 'detected', notes: [] });
    const commands = (installed.commands as { command: string }[]).map(({ command }) => command);
    for (const expected of project.setUp) expect(commands).toContainEqual(expect.stringMatching(expected));
    expect(await changedFiles(done)).toEqual(project.changed);
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
      });
      expect(evidence.tests).toMatchObject({
        before: 'failed',
        after: 'passed',
        fixed: project.fixed,
        regressions: [],
      });
    }
  });
});

it('reaches the hosts of the set-up while it sets up, and no host from then on', async () => {
  const reach = (address: string) => `curl --silent --output /dev/null --max-time 20 ${address}`;
  const registry = reach('https://registry.npmjs.org/ms');
  const { sessionId, issueId } = await journey.file({ files: aProject('no-tests') });
  const turns: Turn[] = [planTurn, { command: registry }, { command: 'sed -i s/form/from/ backup.sh' }, submitTurn];
  const { job } = await journey.api.call('solve', {
    params: { id: sessionId, issue_id: issueId },
    body: { attempts: 1, models: journey.models(turns), setup_commands: [registry, reach('https://192.0.2.1/')] },
  });

  const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review', 120);

  const events = await journey.events(job.id);
  const installed = dataOf(events, 'deps_installed');
  const codes = (installed.commands as { exit_code: number }[]).map(({ exit_code }) => exit_code);
  expect(installed).toMatchObject({ ok: false, source: 'job' });
  expect(codes).toEqual([0, refusedByProxy]);
  // The agent's own call: of quick steps the live events leave some out, the log does not.
  expect(await journey.artifact(done, 'logs.txt')).toContain(`$ ${registry} → ${refusedByProxy} (`);
});

async function solve(project: Project): Promise<{ done: JobView; events: JobEvent[] }> {
  const turns: Turn[] = [planTurn, { command: project.fix }, submitTurn];
  const { sessionId, issueId } = await journey.file({ files: aProject(project.name) });
  const { job } = await journey.api.call('solve', {
    params: { id: sessionId, issue_id: issueId },
    body: { attempts: 1, models: journey.models(turns) },
  });
  const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review', 240);
  return { done, events: await journey.events(job.id) };
}

/** Of the first event of this type: the attempt's own, not that of its verification. */
function dataOf(events: JobEvent[], type: string): Record<string, unknown> {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`no ${type} in ${events.map((event) => event.type).join(', ')}`);
  return found.data as Record<string, unknown>;
}

async function changedFiles(job: JobView): Promise<string[]> {
  const patch = (await journey.artifact(job, 'diff.patch')) ?? '';
  return [...patch.matchAll(/^diff --git a\/(\S+) b\//gm)].map(([, path]) => path ?? '');
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
