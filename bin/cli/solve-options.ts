import type * as z from 'zod';
import { SolveOptions } from '#core/job/options';
import type { Options, Values } from './command.ts';
import { UsageError } from './usage-error.ts';

/** The options of a solve that go into its request as they are, or as numbers. */
export const solveOptions = {
  attempts: { type: 'string', value: 'N', help: 'isolated attempts side by side, 1 to 8; else one for each --model' },
  model: { type: 'string', value: 'provider/name', multiple: true, help: '`npm run models` lists them' },
  'test-command': { type: 'string', value: 'CMD', help: 'the project’s tests, e.g. "python3 -m unittest"' },
  'setup-command': { type: 'string', value: 'CMD', multiple: true, help: 'prepares a fresh checkout' },
  'max-cost': { type: 'string', value: 'USD', help: 'for the models of one attempt; 1.50 unless given' },
  'max-minutes': { type: 'string', value: 'N', help: 'for one attempt, 2 to 50; 30 unless given' },
  'max-steps': { type: 'string', value: 'N', help: 'for one attempt, 5 to 1000; 100 unless given' },
} as const satisfies Options;

/** Field of a request → the option that sets it. Errors of the API name fields, people type options. */
const optionOf: Record<string, string> = {
  attempts: '--attempts',
  models: '--model',
  base_ref: '--ref',
  test_command: '--test-command',
  setup_commands: '--setup-command',
  'limits.cost_usd': '--max-cost',
  'limits.wall_seconds': '--max-minutes',
  'limits.steps': '--max-steps',
  title: '--title',
  body: '--issue',
  'repository.url': '--repo',
  'repository.ref': '--ref',
  attempt: '--attempt',
  comment: '--comment',
};

/** `limits.steps`, `models.0`, `options.attempts` → its option; undefined for a field that no option sets. */
export function optionOfField(field: string): string | undefined {
  const path = field.replace(/^options\./, '').replace(/\.\d+$/, '');
  return optionOf[path];
}

/** @throws UsageError naming the option and what it may be */
export function readSolveOptions(values: Values<typeof solveOptions>): z.input<typeof SolveOptions> {
  const { model, 'test-command': testCommand, 'setup-command': setupCommands } = values;
  const limits = {
    ...given('cost_usd', numberOf('--max-cost', values['max-cost'])),
    ...given('wall_seconds', numberOf('--max-minutes', values['max-minutes']), 60),
    ...given('steps', numberOf('--max-steps', values['max-steps'])),
  };
  const options = {
    attempts: numberOf('--attempts', values.attempts) ?? model?.length ?? 1,
    ...(model && { models: model }),
    ...(testCommand !== undefined && { test_command: testCommand }),
    ...(setupCommands && { setup_commands: setupCommands }),
    limits,
  };
  const checked = SolveOptions.safeParse(options);
  if (checked.success) return options;
  const field = (checked.error.issues[0]?.path ?? []).map(String).join('.');
  const option = optionOfField(field) ?? '';
  const typed = [values[option.slice(2) as keyof typeof solveOptions]].flat().map((text) => `"${text}"`);
  throw new UsageError(
    option,
    `${typed.join(', ')} is not taken.`,
    `${option} takes ${takes[option] ?? 'something else'}.`,
  );
}

const takes: Record<string, string> = {
  '--attempts': 'a whole number from 1 to 8',
  '--model': 'provider/name, e.g. anthropic/claude-sonnet-5-5; at most 8',
  '--test-command': 'one command of at most 1,000 characters',
  '--setup-command': 'a command of at most 1,000 characters, 20 times at most',
  '--max-cost': 'US dollars from 0.01 to 100',
  '--max-minutes': 'minutes from 2 to 50',
  '--max-steps': 'a whole number from 5 to 1000',
};

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text.replace(/^\$/, ''));
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(option, `"${text}" is no number.`, `${option} takes ${takes[option]}.`);
}

function given<K extends string>(name: K, value: number | undefined, factor = 1): { [P in K]?: number } {
  return value === undefined ? {} : ({ [name]: Math.round(value * factor * 100) / 100 } as { [P in K]?: number });
}
