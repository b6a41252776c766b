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

async function run({ name, commands, main }: CommandTable, argv: readonly string[], shell: Shell): Promise<number> {
  const [word] = argv;
  const named = word !== undefined && !word.startsWith('-');
  const found = named ? commands[word] : main;
  if (word === '--help' || word === 'help' || (word === undefined && (!main || !swallowed(shell)))) {
    shell.out(overview(name, commands, main));
    return word === undefined ? exitCodes.refused.code : exitCodes.done.code;
  }
  if (found === undefined || swallowed(shell)) throw unknown(word, { name, commands }, shell);
  const full = named ? `${name} ${word}` : name;
  const { values, words } = parseCommand(found, named ? argv.slice(1) : argv, `${full} --help`);
  if (!values.help) return found.run({ shell, values, words });
  shell.out(commandHelp(full, found));
  return exitCodes.done.code;
}

/** `npm run solve --repo x`: npm takes options before `--` for its own, and leaves them in the environment. */
function swallowed({ env }: Shell): boolean {
  return env.npm_config_repo !== undefined || env.npm_config_issue !== undefined;
}

function unknown(word: string | undefined, { name, commands }: CommandTable, shell: Shell): UsageError {
  if (swallowed(shell)) {
    return new UsageError('', 'npm took the options for its own.', `Put -- before them: ${name} --repo … --issue ….`);
  }
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

/** Fields of the request by the options that set them; one that says the same as the whole only names its option. */
function apiLine({ body, status }: ApiError): string {
  if (status === 401) return 'The API does not accept the token; it may have run out. Give a valid --token.';
  const remedy = body.remedy ?? '';
  const fields = (body.fields ?? []).map(({ field, message }) => ({ option: optionOfField(field) ?? field, message }));
  const [only] = fields;
  if (only && fields.length === 1 && bare(only.message) === bare(body.message))
    return `${only.option}: ${body.message} ${remedy}`.trim();
  const named = fields.map(({ option, message }) => `${option}: ${message}`).join('; ');
  return `${body.message}${named && ` (${named})`} ${remedy}`.trim();
}

function bare(sentence: string): string {
  return sentence.toLowerCase().replace(/\.$/, '');
}
