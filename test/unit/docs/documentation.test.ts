import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../bin/cli/command.ts';
import { apply } from '../../../bin/cli/commands/apply.ts';
import { approve } from '../../../bin/cli/commands/approve.ts';
import { artifacts } from '../../../bin/cli/commands/artifacts.ts';
import { bill } from '../../../bin/cli/commands/bill.ts';
import { cancel } from '../../../bin/cli/commands/cancel.ts';
import { diff } from '../../../bin/cli/commands/diff.ts';
import { installStatus } from '../../../bin/cli/commands/install-status.ts';
import { list } from '../../../bin/cli/commands/list.ts';
import { logs } from '../../../bin/cli/commands/logs.ts';
import { models } from '../../../bin/cli/commands/models.ts';
import { modelsCheck } from '../../../bin/cli/commands/models-check.ts';
import { plan } from '../../../bin/cli/commands/plan.ts';
import { reject } from '../../../bin/cli/commands/reject.ts';
import { retry } from '../../../bin/cli/commands/retry.ts';
import { solve } from '../../../bin/cli/commands/solve.ts';
import { status } from '../../../bin/cli/commands/status.ts';
import { token } from '../../../bin/cli/commands/token.ts';
import { watch } from '../../../bin/cli/commands/watch.ts';
import { exitCodes } from '../../../bin/cli/exit-codes.ts';
import { modelVariables } from '../../../bin/model-settings.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { commandsOf, coverageOf, notRun, pages, plain, ranBy, runPages } from '../../support/documented-commands.ts';

/** Of `npm run solve --`. */
const looking = { status, watch, logs, diff, plan, artifacts, apply, list };
const jobCommands: Record<string, Command> = { ...looking, approve, reject, cancel, retry };
const installCommands: Record<string, Command> = { token, status: installStatus, bill, models };
const read = (file: string) => readFileSync(file, 'utf8');
const commands = pages.flatMap((page) => commandsOf(page));

describe('every command in the documentation', () => {
  it('is found where it stands', () => {
    const text =
      'Say `npm run solve -- list`.\n```bash\nexport A=b\ncurl -s \\\n  x   # why\n```\n```\nnpm start\n  box\n```\n';

    expect(commandsOf('page.md', text)).toEqual([
      { file: 'page.md', text: 'curl -s x', fenced: true },
      { file: 'page.md', text: 'npm start', fenced: true },
      { file: 'page.md', text: 'npm run solve -- list', fenced: false },
    ]);
  });

  it('is run by a test, or it is said why not', () => {
    const fencedElsewhere = new Set(
      commands.filter(({ fenced, file }) => fenced && runPages.includes(file)).map(({ text }) => plain(text)),
    );
    const shown = (text: string) => [...fencedElsewhere].some((one) => one.startsWith(withoutPlaces(plain(text))));

    const open = commands.filter((one) => !coverageOf(one) && (one.fenced || !shown(one.text)));

    expect(open.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
    expect(commands.length).toBeGreaterThan(100);
  });

  it('has a test that is there and does it; no row is left over', () => {
    for (const [start, test, entry] of ranBy) expect(read(test), `${test} for ${start}`).toContain(entry);
    const rows = [...ranBy, ...notRun].map(([start]) => start);
    expect(rows.filter((start) => !commands.some(({ text }) => plain(text).startsWith(start)))).toEqual([]);
    const long = read('test/long/documentation.test.ts');
    expect(long).toContain('runPages');
  });

  it('names a script that there is, and options that it takes', () => {
    const wrong = commands.flatMap(({ file, text }) =>
      [...plain(text).matchAll(/npm (?:run )?([\w:]+)((?: [^|;&)]*)?)/g)].flatMap(([, script = '', rest = '']) =>
        problems(script, rest).map((problem) => `${file}: ${text}: ${problem}`),
      ),
    );

    expect(wrong).toEqual([]);
    expect(problems('solve', ' -- diff last --colour')).toEqual(['no --colour']);
    expect(problems('solve', ' -- dif last')).toEqual(['there is no command dif']);
    expect(problems('sovle', '')).toEqual(['there is no script sovle']);
  });
});

/** `solve -- status <job>` is shown by `solve -- status last`. */
function withoutPlaces(text: string): string {
  return text.replace(/ ?(<[\w ]+>|…).*$/, '').replace(/ --repo$/, ' --repo');
}

function problems(script: string, rest: string): string[] {
  if (!(script in packageJson.scripts)) return [`there is no script ${script}`];
  const words = rest
    .replace(/"[^"]*"/g, 'text')
    .trim()
    .split(/\s+/);
  const name = words.find((word) => word !== '--' && !word.startsWith('-') && !/[<…]/.test(word)) ?? '';
  const command = commandFor(script, words.indexOf(name) === 1 ? name : '');
  if (command === undefined) return script === 'solve' ? [`there is no command ${name}`] : [];
  const options = [...rest.matchAll(/ --([\w-]+)/g)].map(([, option = '']) => option);
  return options
    .filter((option) => option !== 'help' && !(option in command.options))
    .map((option) => `no --${option}`);
}

function commandFor(script: string, word: string): Command | undefined {
  if (script === 'solve') return word === '' ? solve : jobCommands[word];
  return script === 'models' && word === 'check' ? modelsCheck : installCommands[script];
}

describe('docs/command-line.md', () => {
  const page = read('docs/command-line.md');

  it('has the exit codes as they are', () => {
    for (const { code, when } of Object.values(exitCodes)) expect(page).toContain(`| ${code} | ${when} |`);
  });

  it('lists every command', () => {
    for (const name of Object.keys(jobCommands)) expect(page).toContain(`| \`npm run solve -- ${name}`);
    for (const name of Object.keys(installCommands)) expect(page).toContain(`| \`npm run ${name}\``);
  });
});

describe('docs/own-model.md', () => {
  const page = read('docs/own-model.md');

  it('names every variable, and every answer of the check', () => {
    const named = modelVariables.flatMap((row) => [...row.join(' ').matchAll(/\b[A-Z]+_[A-Z_]+\b/g)]);
    for (const [variable] of named) expect(page).toContain(`\`${variable}\``);
    const [, outcomes = ''] = /type CheckOutcome =([^;]+);/.exec(read('functions/model-gateway/check-model.ts')) ?? [];
    const said = [...outcomes.matchAll(/'([^']+)'/g)].map(([, outcome]) => outcome);
    expect(said.length).toBeGreaterThan(5);
    for (const outcome of said) expect(page).toContain(`\`${outcome}\``);
  });
});

describe('docs/faq.md', () => {
  const sources = globSync([
    'core/**/*.ts',
    'functions/**/*.ts',
    'bin/**/*.{ts,mjs}',
    'local/**/*.ts',
    'sandbox-template/runner/*.py',
  ]);
  const said = sources
    .map(read)
    .join('\n')
    .replace(/\$\{[^{}\n]*\}|\{\w+\}/g, '…')
    .toLowerCase();
  const messages = [...read('docs/faq.md').matchAll(/^###.*$/gm)].flatMap(([heading]) =>
    [...heading.matchAll(/`([^`]* [^`]*)`/g)].map(([, message = '']) => message),
  );

  it.each(messages)('quotes what is really said: %s', (message) => {
    const parts = message
      .toLowerCase()
      .split(/"?…"?/)
      .map((part) => part.trim().replace(/[.:]$/, ''));
    expect(parts.filter((part) => part.length > 3 && !said.includes(part))).toEqual([]);
  });
});

describe('links', () => {
  it.each(pages)('of %s lead somewhere', (page) => {
    const broken = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
      });

    expect(broken).toEqual([]);
  });
});

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
