import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jobTransitions } from '#core/job/lifecycle';
import { command } from '../../../bin/cli/command.ts';
import { exitCodeOf, exitCodes } from '../../../bin/cli/exit-codes.ts';
import { runCommands } from '../../../bin/cli/run-commands.ts';
import { optionOfField, readSolveOptions, solveOptions } from '../../../bin/cli/solve-options.ts';
import { aShell } from '../../support/a-shell.ts';

const fetched: unknown[] = [];
const fetchIt = command({
  summary: 'Fetch a thing',
  words: ['<thing>', '[<more>]'],
  options: { loud: { type: 'boolean', help: 'say it' }, size: { type: 'string', value: 'N', help: 'how much' } },
  example: 'npm run get -- fetch bone',
  async run({ shell, values, words }) {
    fetched.push([values, words]);
    shell.out('fetched\n');
    return exitCodes.done.code;
  },
});
const table = { name: 'npm run get --', commands: { fetch: fetchIt } };

async function run(argv: string[], env: Record<string, string> = {}, main = false) {
  const shell = aShell({ env });
  const code = await runCommands(main ? { ...table, main: fetchIt } : table, argv, shell);
  return { code, stdout: shell.stdout, stderr: shell.stderr };
}

describe('a command line', () => {
  it('runs the command with its options and words', async () => {
    expect(await run(['fetch', 'bone', '--size', '3', '--loud'])).toEqual({ code: 0, stdout: 'fetched\n', stderr: '' });
    expect(fetched.at(-1)).toEqual([{ size: '3', loud: true }, ['bone']]);
  });

  it.each([
    [['fetch'], '<thing>: is missing. For example: npm run get -- fetch bone'],
    [['fetch', 'a', 'b', 'c'], '"c": is one argument too many. Put a text of several words in quotes.'],
    [['fetch', 'a', '--colour'], '--colour: there is no such option. npm run get -- fetch --help lists them.'],
    [['fetch', 'a', '--size'], '--size: needs a value. Write --size <value>'],
    [['fetch', 'a', '--size', '--loud'], '--size: needs a value. Write --size <value>'],
    [['fetch', 'a', '--loud=yes'], '--loud: takes no value. Write --loud alone.'],
    [['carry'], '"carry": there is no such command. There are fetch'],
  ])('refuses %j with the option and the remedy', async (argv, message) => {
    const { code, stdout, stderr } = await run(argv);

    expect(code).toBe(exitCodes.refused.code);
    expect(stdout).toBe('');
    expect(stderr).toContain(`patchbay: ${message}`);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('says that a command comes before its options', async () => {
    const shell = aShell();

    await runCommands({ ...table, main: { ...fetchIt, words: [] } }, ['--size', '3', 'fetch', 'bone'], shell);

    expect(shell.stderr).toBe('patchbay: "fetch": comes before its options. Write npm run get -- fetch …\n');
  });

  it('sees that npm has taken the options for its own', async () => {
    const { code, stderr } = await run([], { npm_config_size: '.' }, true);

    expect(code).toBe(exitCodes.refused.code);
    expect(stderr).toContain('Put -- before them: npm run get -- --size …');
    expect((await run(['.'], { npm_config_size: '.' }, true)).stderr).toContain(
      'Put -- before them: npm run get -- --size',
    );
    expect((await run(['fetch', '3'], { npm_config_loud: 'true' })).stderr).toContain(
      'Put -- before them: npm run get -- fetch --loud …',
    );
  });

  it('shows the help of all and of one, with an example and every exit code', async () => {
    const all = await run(['--help'], {}, true);
    const one = await run(['fetch', '--help']);
    const nothing = await run([], {}, true);

    expect(all.code).toBe(0);
    for (const { code, when } of Object.values(exitCodes)) expect(all.stdout).toMatch(new RegExp(`${code}  ${when}`));
    expect(one.stdout).toContain('npm run get -- fetch <thing> [<more>] [options]');
    expect(one.stdout).toContain('  npm run get -- fetch bone');
    expect(nothing).toEqual({ ...all, code: exitCodes.refused.code });
  });

  it('is shown as npm wants it typed', async () => {
    const shell = aShell();
    await runCommands({ name: 'npm run', dashes: '--', commands: { fetch: fetchIt } }, ['fetch', '--help'], shell);

    expect(shell.stdout).toContain('  npm run fetch -- <thing> [<more>] [options]');
  });

  it.each(['demo', 'start', 'test', 'check', 'synth', 'bench'])('%s has its help, and does nothing then', (name) => {
    const runner = fileURLToPath(new URL('../../../bin/run.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [runner, name, '--help'], { encoding: 'utf8' });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^[A-Z].*\n$/s);
  });

  it('ends when a pipe has taken all of it', () => {
    const shell = new URL('../../../bin/cli/shell.ts', import.meta.url).href;
    const script = `const { leave, processShell } = await import('${shell}');
      processShell().out('x'.repeat(4_000_000));
      await leave(3);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      maxBuffer: 8_000_000,
    });

    expect([status, stdout.length]).toEqual([3, 4_000_000]);
  });

  it('keeps the trace of what nobody expected', async () => {
    const broken = { ...fetchIt, run: () => Promise.reject(new TypeError('x is undefined')) };

    await expect(runCommands({ name: 'x', commands: { broken } }, ['broken', 'a'], aShell())).rejects.toThrow('x is');
  });
});

describe('exit codes', () => {
  it('differ from each other', () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);

    expect(new Set(codes).size).toBe(codes.length);
  });

  it('exist for every status that moves on by itself no more, and for no other', () => {
    const atRest = Object.entries(jobTransitions).filter(
      ([status, to]) => to.length === 0 || status === 'awaiting_review',
    );

    for (const status of Object.keys(jobTransitions) as Array<keyof typeof jobTransitions>)
      expect(exitCodeOf(status) !== undefined, status).toBe(atRest.some(([name]) => name === status));
  });
});

describe('the options of a solve', () => {
  const none = Object.fromEntries(Object.keys(solveOptions).map((name) => [name, undefined]));
  const read = (values: Record<string, string | string[]>) => readSolveOptions({ ...none, ...values } as never);

  it('become the request', () => {
    expect(
      read({
        model: ['a/b', 'c/d'],
        'test-command': 'make test',
        'setup-command': ['make'],
        'max-cost': '$0.5',
        'max-minutes': '2.5',
        'max-steps': '12',
      }),
    ).toEqual({
      attempts: 2,
      models: ['a/b', 'c/d'],
      test_command: 'make test',
      setup_commands: ['make'],
      limits: { cost_usd: 0.5, wall_seconds: 150, steps: 12 },
    });
    expect(read({})).toEqual({ attempts: 1, limits: {} });
  });

  it.each([
    [{ attempts: '9' }, '--attempts: "9" is not taken. --attempts takes a whole number from 1 to 8.'],
    [{ attempts: '1.5' }, '--attempts: "1.5" is not taken.'],
    [{ attempts: 'many' }, '--attempts: "many" is no number.'],
    [{ attempts: '' }, '--attempts: "" is no number.'],
    [{ model: ['sonnet'] }, '--model: "sonnet" is not taken. --model takes provider/name'],
    [{ 'max-cost': '0' }, '--max-cost: "0" is not taken. --max-cost takes US dollars from 0.01 to 100.'],
    [{ 'max-minutes': '51' }, '--max-minutes: "51" is not taken. --max-minutes takes minutes from 2 to 50.'],
    [{ 'max-steps': '4' }, '--max-steps: "4" is not taken.'],
    [{ 'test-command': '' }, '--test-command: "" is not taken.'],
  ])('refuse %j', (values, message) => {
    expect(() => read(values)).toThrow(message);
  });

  it('are named where the API names fields', () => {
    expect(optionOfField('limits.steps')).toBe('--max-steps');
    expect(optionOfField('options.models.0')).toBe('--model');
    expect(optionOfField('repository.url')).toBe('--repo');
    expect(optionOfField('something')).toBeUndefined();
  });
});
