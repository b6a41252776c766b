/** What a command talks to: two streams, a folder, an environment, and Ctrl-C. */
export interface Shell {
  /** Results. The text has its own line ends. */
  out(text: string): void;
  /** Warnings and progress beside results; one line. */
  err(line: string): void;
  /** Standard output is a terminal of this width. */
  terminal(): { columns: number } | undefined;
  /** Where the user is: relative paths start here. */
  cwd: string;
  env: Record<string, string | undefined>;
  /** All of standard input, or undefined when it is a terminal. */
  input(): Promise<string | undefined>;
  /** Calls back for each Ctrl-C; before and after, Ctrl-C ends the process. Returns what takes it back. */
  onInterrupt(heard: () => void): () => void;
}

/** A terminal, npm and bin/run.mjs each hand on one Ctrl-C: signals this close together are one. In ms. */
const samePress = 300;

/** The process that this runs in. `npm run` moves to the package's folder and says in INIT_CWD where the user was. */
export function processShell(): Shell {
  const { stdin, stdout, stderr, env } = process;
  // `| head` ends the reader early: that is no failure of ours.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => void stdout.write(text),
    err: (line) => void stderr.write(`${line}\n`),
    terminal: () => (stdout.isTTY ? { columns: stdout.columns || 80 } : undefined),
    cwd: env.INIT_CWD ?? process.cwd(),
    env,
    input: async () => (stdin.isTTY ? undefined : Buffer.concat(await stdin.toArray()).toString('utf8')),
    onInterrupt(heard) {
      let last = Number.NEGATIVE_INFINITY;
      const listener = () => {
        const now = performance.now();
        if (now - last > samePress) heard();
        last = now;
      };
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
  };
}

/** Ends the process once all that was written is out: `process.exit` drops what a pipe has not taken yet, after 64 KB. */
export async function leave(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  process.exit(code);
}
