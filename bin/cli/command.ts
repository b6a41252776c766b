import type { Shell } from './shell.ts';

/** One option, as node:util parses it and as `--help` shows it. */
interface Option {
  type: 'string' | 'boolean';
  multiple?: boolean;
  /** Stands for the value in `--help`. */
  value?: string;
  help: string;
}

export type Options = Record<string, Option>;

/** What was typed for the options of a command. */
export type Values<O extends Options> = {
  [K in keyof O]:
    | (O[K]['multiple'] extends true ? string[] : O[K]['type'] extends 'boolean' ? boolean : string)
    | undefined;
};

/** A row of a table of commands. */
export interface Command {
  summary: string;
  /** Names of its arguments, e.g. `<job>`; in brackets those that may be left out. */
  words: readonly string[];
  options: Options;
  /** A line that works. */
  example: string;
  /** What `--help` says beside the options. */
  notes?: readonly string[];
  /** @returns the exit code */
  run(call: { shell: Shell; values: Record<string, unknown>; words: readonly string[] }): Promise<number>;
}

/** Types `values` by the command's own options. */
export function command<const O extends Options>(
  row: Omit<Command, 'options' | 'run'> & {
    options: O;
    run(call: { shell: Shell; values: Values<O>; words: readonly string[] }): Promise<number>;
  },
): Command {
  return row as Command;
}

/** What every command takes. */
export const helpOption = { help: { type: 'boolean', help: 'this text' } } as const satisfies Options;
export const jsonOption = {
  json: { type: 'boolean', help: 'the API’s own JSON instead of text' },
} as const satisfies Options;
