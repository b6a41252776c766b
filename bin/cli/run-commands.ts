import { ApiError } from '../client/api-client.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { commandHelp, overview } from './help.ts';
import { parseCommand } from './parse-command.ts';
import type { Shell } from './shell.ts';
import { optionOfField } from './solve-options.ts';
import { UsageError } from './usage-error.ts';

/** A table of commands under one name, as it is typed: `npm run solve --`. */
export interface CommandTable {
  name: string;
  commands: Record<string, Command>;
  /** What npm wants between a command's name and its options, where the table's name does not end with it. */
  dashes?: '--';
  /** Runs when the first word is an option. */
  main?: Command;
}

/** Runs what was typed. @returns the exit code; every expected error has become one line on standard error */
export async function runCommands(table: CommandTable, argv: readonly string[], shell: Shell): Promise<number> {
  try {
    return await run(table, argv, shell);
  } catch (error) {
    const line = lineOf(error);
    if (line === undefined) throw error;
    shell.err(`patchbay: ${line}`);
    return exitCodes.refused.code;
  }
}

async function run(
  { name, commands, dashes, main }: CommandTable,
  argv: readonly string[],
  shell: Shell,
): Promise<number> {
  const [word] = argv;
  const named = word !== undefined && !word.startsWith('-');
  const found = named ? commands[word] : main;
  const taken = takenByNpm(shell, found ?? main);
  const full = [name, named && found ? word : undefined, dashes].filter(Boolean).join(' ');
  if (word === '--help' || word === 'help' || (word === undefined && (!main || taken.length === 0))) {
    shell.out(overview(name, commands, main));
    return word === undefined ? exitCodes.refused.code : exitCodes.done.code;
  }
  if (taken.length > 0) {
    const again = `Put -- before them: ${full} ${taken.map((option) => `--${option} …`).join(' ')}.`;
    throw new UsageError('', 'npm took the options for its own.', again);
  }
  if (found === undefined) throw unknown(word, { name, commands });
  const { values, words } = named
    ? parseCommand(found, argv.slice(1), { name: full, commands: [] })
    : parseCommand(found, argv, { name: full, commands: Object.keys(commands) });
  if (!values.help) return found.run({ shell, values, words });
  shell.out(commandHelp(full, found));
  return exitCodes.done.code;
}

/** Settings of npm itself, which may stand in a person's `.npmrc`. */
const npmsOwn = ['json', 'user', 'api', 'token'];

/** `npm run solve --repo x`: npm takes options before `--` for its own, and leaves them in the environment. */
function takenByNpm({ env }: Shell, command: Command | undefined): string[] {
  const names = Object.keys(command?.options ?? {}).filter((name) => !npmsOwn.includes(name));
  return names.filter((name) => env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined);
}

function unknown(word: string | undefined, { name, commands }: CommandTable): UsageError {
  const known = Object.keys(commands).join(', ');
  return new UsageError(
    `"${word ?? ''}"`,
    'there is no such command.',
    `There are ${known}; ${name} --help says more.`,
  );
}

/** Undefined for what nobody expected: that keeps its trace. */
function lineOf(error: unknown): string | undefined {
  if (error instanceof ApiError) return apiLine(error);
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Error)) return undefined;
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  if (error instanceof TypeError && error.message === 'fetch failed')
    return `The API cannot be reached (${cause?.code ?? cause?.message ?? 'no reason given'}). Check --api, or that \`npm start\` still runs.`;
  if (error.name === 'TimeoutError') return 'The API did not answer in time. Try again.';
  return error instanceof TypeError || error instanceof RangeError ? undefined : error.message;
}

/** Fields of the request by the options that set them. They say it all: the message only names them once more. */
function apiLine({ body, status }: ApiError): string {
  if (status === 401) return 'The API does not accept the token; it may have run out. Give a valid --token.';
  const remedy = body.remedy ?? '';
  const fields = body.fields?.map(({ field, message }) => `${optionOfField(field) ?? field}: ${message}`);
  return `${(fields?.join('; ') ?? body.message).replace(/[^.!?]$/, '$&.')} ${remedy}`.trim();
}
