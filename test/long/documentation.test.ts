import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askControl, type Whereabouts } from '../../bin/control-socket.ts';
import { root } from '../../bin/laptop.ts';
import { aRepository, misspelled } from '../support/a-repository.ts';
import { commandsOf, coverageOf, runPages } from '../support/documented-commands.ts';
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts';
import { goodTurns } from '../support/scripted-turns.ts';

let model: ScriptedModel;
let folder: string;
let stack: ChildProcess;

/** Where a reader stands: `here`, with the project of the examples beside it. */
beforeAll(async () => {
  model = await startScriptedModel();
  model.script('good', goodTurns);
  folder = mkdtempSync(join(tmpdir(), 'patchbay-docs-'));
  mkdirSync(join(folder, 'here'));
  const tested = { scripts: { test: 'python3 -m unittest' } };
  renameSync(aRepository({ ...misspelled, 'package.json': JSON.stringify(tested) }), join(folder, 'shop'));
  writeAsl(join(folder, 'here'));
  stack = spawn('bash', ['-c', `${shellOf()}npm start`], {
    cwd: join(folder, 'here'),
    env: environment(),
    detached: true,
  });
  await says(stack, 'Solve something');
});
afterAll(async () => {
  if (stack?.pid) {
    const ended = new Promise((resolve) => stack.once('close', resolve));
    process.kill(-stack.pid, 'SIGINT'); // as a terminal does it: to all of the group
    await ended;
  }
  await model?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** One that npm has started has npm's own settings in it. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_|^(INIT_CWD|ANTHROPIC_API_KEY|OPENAI_API_KEY)$/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    PATCHBAY_STACK: join(folder, 'stack'),
    MODEL_BASE_URL: model.baseUrl,
    MODEL: 'own/good',
  };
}

/** npm in the project, called from where the reader stands. */
function shellOf(): string {
  return `npm() { command npm --prefix '${root}' "$@"; }\n`;
}

function writeAsl(here: string): void {
  const machine = { QueryLanguage: 'JSONata', StartAt: 'Say', States: { Say: { Type: 'Pass', End: true } } };
  for (const [name, value] of Object.entries({ machine, input: { n: 1 }, table: {} }))
    writeFileSync(join(here, `${name}.json`), JSON.stringify(value));
}

function says(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const look = (data: Buffer) => {
      said += data;
      if (said.includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('close', (code) => reject(new Error(`ended with ${code} before "${text}":\n${said}`)));
  });
}

async function run(
  line: string,
  variables: Record<string, string> = {},
): Promise<{ code: number | null; out: string }> {
  const child = spawn('bash', ['-o', 'pipefail', '-c', shellOf() + line], {
    cwd: join(folder, 'here'),
    env: { ...environment(), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out: code === 0 ? out : `${out}\n${err}` };
}

const here = (page: string) =>
  commandsOf(page).filter((command) => {
    const coverage = coverageOf(command);
    return command.fenced && coverage && 'run' in coverage && coverage.run === 'test/long/documentation.test.ts';
  });

describe('the commands of', () => {
  it.each(runPages.filter((page) => page !== 'docs/api/README.md'))('%s work as they stand', async (page) => {
    for (const { text } of here(page)) {
      if (text === 'npm start' || text === 'npm run demo') continue; // it runs already; the next test
      model.script('good', goodTurns); // from its first turn again
      const { code, out } = await run(text);
      expect(code, `${text}\n${out}`).toBe(0);
    }
  });

  it('docs/api/README.md lead from a session to its job', async () => {
    process.env.PATCHBAY_STACK = join(folder, 'stack');
    const shop = (await askControl<string>('importRepository', { name: 'shop', path: join(folder, 'shop') })) ?? '';
    const { apiUrl = '' } = (await askControl<Whereabouts>('where')) ?? {};
    const token = (await run('npm run --silent token')).out.trim();
    const variables: Record<string, string> = { API: apiUrl, TOKEN: token };
    for (const { text } of here('docs/api/README.md')) {
      const { code, out } = await run(text.replace('https://github.com/you/project', shop), variables);
      expect(code, text).toBe(0);
      const answer = JSON.parse(out);
      expect(answer.code, out).toBeUndefined();
      if (text.includes('/sessions"')) variables.SESSION = answer.id;
      if (text.includes('/issues"')) variables.ISSUE = answer.id;
      if (text.includes('/solve"')) variables.JOB = answer.job.id;
    }
    expect(variables.JOB).toMatch(/^j/);
  });

  it('the first line of the README: npm run demo', async () => {
    const { code, out } = await run('npm run demo');

    expect(code, out).toBe(0);
    expect(out).toContain('failing test turned green in a fresh sandbox: yes');
  });
});
