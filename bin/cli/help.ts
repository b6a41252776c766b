import { type Command, helpOption, type Options } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { table } from './figures.ts';

/** `--help` of one command. `name` as it is typed: `npm run solve -- diff`. */
export function commandHelp(name: string, command: Command): string {
  const words = command.words.join(' ');
  return text([
    `${command.summary}.`,
    '',
    `  ${[name, words, '[options]'].filter(Boolean).join(' ')}`,
    '',
    ...optionLines({ ...command.options, ...helpOption }),
    '',
    ...(command.notes ?? []).flatMap((note) => [note, '']),
    'Example',
    `  ${command.example}`,
  ]);
}

/** `--help` of a table of commands, with the exit codes. `main`: the one that runs without a name. */
export function overview(name: string, commands: Record<string, Command>, main?: Command): string {
  return text([
    ...(main ? [commandHelp(name, main).trimEnd(), ''] : []),
    'Commands',
    ...table(
      Object.entries(commands).map(([word, { words, summary }]) => [`  ${[word, ...words].join(' ')}`, summary]),
    ),
    `  ${name} <command> --help has the options of one`,
    '',
    ...exitCodeLines(),
  ]);
}

function exitCodeLines(): string[] {
  return ['Exit codes', ...table(Object.values(exitCodes).map(({ code, when }) => ['', code, when]))];
}

function optionLines(options: Options): string[] {
  return table(
    Object.entries(options).map(([name, { value, multiple, help }]) => [
      `  --${name}${value ? ` ${value}` : ''}`,
      `${help}${multiple ? ' (may be repeated)' : ''}`,
    ]),
  );
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
