import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import { Evidence } from '#core/workflow/runner';
import { misspelled } from '../support/a-repository.ts';
import { eventually } from '../support/eventually.ts';
import type { SolveWith } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { fixTurn, goodTurns, planTurn, submitTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney({ timeScale: 5 });
});
afterAll(() => journey?.stop());

interface Case {
  of: string;
  /** What the agent does beside the fix. */
  command?: string;
  repository?: Omit<SolveWith, 'body'>;
  body?: SolveWith['body'];
  /** Paths that the diff changes, as git writes them; `greet.py` alone unless said. */
  changed?: string[];
  /** The diff says so. */
  diff?: RegExp;
  evidence?: object;
  notes?: RegExp;
}

const git = (folder: string, ...args: string[]) =>
  execFileSync(
    'git',
    ['-c', 'user.name=T', '-c', 'user.email=t@example.invalid', '-c', 'protocol.file.allow=always', ...args],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
/** A commit of another repository as a submodule; its address is nowhere. */
function withSubmodule(folder: string): void {
  writeFileSync(
    join(folder, '.gitmodules'),
    '[submodule "lib"]\n\tpath = lib\n\turl = https://nowhere.invalid/lib.git\n',
  );
  git(folder, 'update-index', '--add', '--cacheinfo', '160000,1111111111111111111111111111111111111111,lib');
}

const solved: Case[] = [
  {
    of: 'a binary file',
    command: `head -c 3000 /dev/urandom > logo.bin`,
    changed: ['greet.py', 'logo.bin'],
    diff: /GIT binary patch/,
  },
  { of: 'a change of mode', command: 'chmod +x greet.py', diff: /old mode 100644\nnew mode 100755/ },
  {
    of: 'an empty file and a deleted one',
    command: 'touch empty.txt && git rm -q README',
    repository: { files: { ...misspelled, README: 'x\n' } },
    changed: ['README', 'empty.txt', 'greet.py'],
    diff: /deleted file mode/,
  },
  {
    of: 'odd file names',
    command: `printf 1 > 'a b.txt'; printf 2 > 'quo"te'"'"'.txt'; printf 3 > "$(printf 'new\\nline.txt')"; printf 4 > größe.txt; printf 5 > -rf; mkdir -p 'x b/y'; printf 6 > 'x b/y/z b'`,
    changed: ['-rf', 'a b.txt', 'greet.py', 'größe.txt', '"b/new\\nline.txt"', '"b/quo\\"te\'.txt"', 'x b/y/z b'],
  },
  {
    of: 'a repository with odd file names',
    repository: { files: { ...misspelled, 'ä ö/new\nline "x".txt': 'x\n', '--help': 'x\n' } },
  },
  { of: 'a repository with a submodule that is nowhere', repository: { prepare: withSubmodule } },
  {
    of: 'a repository with links and an executable',
    repository: {
      prepare: (folder) => {
        symlinkSync('/etc/passwd', join(folder, 'passwd'));
        symlinkSync('nowhere', join(folder, 'dangling'));
        symlinkSync('.', join(folder, 'loop'));
        writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
        chmodSync(join(folder, 'run.sh'), 0o755);
      },
    },
  },
  {
    of: 'a link out of the tree',
    command: 'ln -s /etc/passwd leak',
    changed: ['greet.py', 'leak'],
    diff: /new file mode 120000[\s\S]*\+\/etc\/passwd/,
  },
  {
    of: 'line ends of Windows and no last one',
    command: `printf 'a\\r\\nb' > crlf.txt`,
    changed: ['crlf.txt', 'greet.py'],
    diff: /No newline at end of file/,
  },
  { of: 'text that is not UTF-8', command: `printf 'caf\\351\\n' > latin1.txt`, changed: ['greet.py', 'latin1.txt'] },
  {
    of: 'no tests',
    repository: { files: { 'greet.py': misspelled['greet.py'] } },
    body: { test_command: undefined },
    notes: /regressions are not known/,
  },
  {
    of: 'a test command that is not there',
    body: { test_command: 'no-such-command' },
    evidence: { tests: { before: 'inert' } },
    notes: /tests do not run here/,
  },
  { of: 'a set-up that fails', body: { setup_commands: ['echo broken >&2; exit 3'] } },
  {
    of: 'tests that hang',
    body: { test_command: 'sleep 1000', limits: { wall_seconds: 180 } },
    evidence: { tests: { before: 'timed_out' } },
  },
  { of: '100,000 lines of output', command: 'seq 100000; seq 100000 >&2' },
  { of: '200 MB of output', command: 'yes | head -c 200000000' },
  { of: 'commands that never end', command: '(sleep 1000 &) ; for i in $(seq 40); do setsid sleep 1000 & done; true' },
  {
    of: 'an agent that writes outside its tree',
    command:
      'echo x > /etc/patchbay; echo x > /opt/patchbay/x; rm -rf ~/.patchbay /workspace/output; echo x > /tmp/ok; true',
  },
  {
    of: 'an agent that rewrites history and hooks',
    command:
      'git commit -qam mine; git checkout -q --detach; printf "#!/bin/sh\\nexit 1\\n" > .git/hooks/pre-commit; git config core.bare true; git config diff.external false',
  },
];

describe('is solved and verified', () => {
  it.each(solved)(
    'with $of',
    async ({ command, repository = {}, body = {}, changed = ['greet.py'], diff, evidence, notes }) => {
      const turns = command === undefined ? goodTurns : [planTurn, fixTurn, { command }, submitTurn];
      const { job } = await journey.solve(turns, { ...repository, body });

      const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review', 120);

      const patch = (await journey.artifact(done, 'diff.patch')) ?? '';
      expect(pathsOf(patch)).toEqual(changed.toSorted());
      expect(done.attempts).toMatchObject([{ status: 'solved', verified: true, diff: { files: changed.length } }]);
      if (diff) expect(patch).toMatch(diff);
      const seen = Evidence.parse(JSON.parse((await journey.artifact(done, 'evidence.json')) ?? ''));
      expect(seen).toMatchObject({ applies: true, complete: true, ...evidence });
      if (notes) expect(done.verdict?.notes.join('\n')).toMatch(notes);
      expect(await everythingOf(done)).not.toContain('root:x:0');
      await expectGone(done);
    },
  );
});

describe('is not offered for review', () => {
  it.each([
    ['over the cap', 'head -c 6000000 /dev/urandom | base64 > big.txt', /5 MB/],
    ['that adds a secret', `printf 'key = "AKIA%s"\\n' IOSFODNN7EXAMPLX > settings.py`, /secret/],
  ])('a patch %s', async (_, command, says) => {
    const { job } = await journey.solve([planTurn, fixTurn, { command }, submitTurn]);

    const done = await journey.until(job.id, ({ status }) => status === 'failed', 120);

    expect(done.failure).toMatchObject({ code: 'patch_rejected', message: expect.stringMatching(says) });
    expect(done.failure?.remedy).not.toBe('');
    expect(await everythingOf(done)).not.toContain('IOSFODNN7EXAMPLX"');
    await expectGone(done);
  });
});

const completion = (message: object) =>
  JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, finish_reason: 'stop', message }],
  });
const toolCall = (args: string, name = 'bash') =>
  completion({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'call', type: 'function', function: { name, arguments: args } }],
  });

describe('a model that talks nonsense for a moment does not stop a solve', () => {
  it.each([
    ['half a tool call', { raw: toolCall('{"command": "ls') }],
    ['a command that is a number', { raw: toolCall('{"command": 5}') }],
    ['a tool that is not there', { raw: toolCall('{"path": "x"}', 'read_file') }],
    ['an empty answer', { raw: completion({ role: 'assistant', content: '' }) }],
    ['no answer at all', { raw: JSON.stringify({ id: 'x', object: 'chat.completion', model: 'm', choices: [] }) }],
    ['a page of HTML', { raw: '<html>502 Bad Gateway</html>' }],
    ['half of its JSON', { raw: toolCall('{"command": "ls"}').slice(0, 60) }],
    ['a server that is down for a moment', { status: 503 }],
  ])('%s', async (_, turn) => {
    const { job } = await journey.solve([planTurn, turn, fixTurn, submitTurn]);

    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review', 120);

    await expectGone(done);
  });

  it('an answer that takes its time', async () => {
    const late = new Promise((resolve) => setTimeout(resolve, 20_000));
    const { job } = await journey.solve([planTurn, { wait: late, next: fixTurn }, submitTurn]);

    await expectGone(await journey.until(job.id, ({ status }) => status === 'awaiting_review', 120));
  });
});

async function expectGone(job: JobView): Promise<void> {
  await expectSoundJob(journey, job.id);
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
}

/** As git writes them: of an odd name the quoted form. */
function pathsOf(patch: string): string[] {
  return [...patch.matchAll(/^diff --git (?:a\/.*|"a\/.*") (?:b\/(.*)|("b\/.*"))$/gm)]
    .map(([line, plain, quoted]) => quoted ?? plainPath(line) ?? plain ?? '')
    .toSorted();
}

/** A name with ` b/` in it: without a rename both halves are the same. */
function plainPath(line: string): string | undefined {
  return /^diff --git a\/(.*) b\/\1$/.exec(line)?.[1];
}

/** The text of every stored file of a job. */
async function everythingOf(job: JobView): Promise<string> {
  const texts = await Promise.all(
    job.artifacts.map(async ({ name }) =>
      Buffer.from(await journey.api.call('getArtifact', { params: { job_id: job.id, name } })).toString('latin1'),
    ),
  );
  return texts.join('\n');
}
