import { parseArgs } from 'node:util';
import { type Command, helpOption, type Options } from './command.ts';
import { UsageError } from './usage-error.ts';

interface Parsed {
  values: Record<string, unknown>;
  words: readonly string[];
}

/**
 * Reads what was typed after a command's name.
 * @param name as it is typed: `npm run solve -- diff` @param commands names that would have come before the options
 * @throws UsageError naming the option
 */
export function parseCommand(
  command: Command,
  argv: readonly string[],
  { name, commands }: { name: string; commands: readonly string[] },
): Parsed {
  const { values, positionals } = parsed(command, argv, `${name} --help`);
  if (values.help) return { values, words: positionals };
  const required = command.words.filter((word) => !word.startsWith('['));
  const missing = required[positionals.length];
  if (missing !== undefined) throw new UsageError(missing, 'is missing.', `For example: ${command.example}`);
  const extra = positionals[command.words.length];
  if (extra !== undefined && commands.includes(extra))
    throw new UsageError(`"${extra}"`, 'comes before its options.', `Write ${name} ${extra} …`);
  if (extra !== undefined) {
    const quoted = 'Put a text of several words in quotes.';
    throw new UsageError(`"${extra}"`, 'is one argument too many.', `${quoted} For example: ${command.example}`);
  }
  return { values, words: positionals };
}

function parsed(command: Command, argv: readonly string[], help: string) {
  const known: Options = { ...command.options, ...helpOption };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, { type, multiple }]) => [name, { type, multiple: multiple ?? false }]),
  );
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw explained(error, help);
  }
}

/** Node's messages end in advice for its own callers. */
function explained(error: unknown, help: string): unknown {
  if (!(error instanceof TypeError)) return error;
  const name = /'(?:-\w, )?(--?[\w-]+)/.exec(error.message)?.[1] ?? '';
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return new UsageError(name, 'there is no such option.', `${help} lists them.`);
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return error.message.includes('does not take')
        ? new UsageError(name, 'takes no value.', `Write ${name} alone.`)
        : new UsageError(name, 'needs a value.', `Write ${name} <value>, or ${name}=<value> if it starts with a dash.`);
    default:
      return error;
  }
}
