import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user's own configuration stays out: hooks, credential helpers or a signing key would act on every push. */
function environment(extra: Record<string, string>): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    ...extra,
  };
}

/** Runs git to its end. @returns standard output. @throws with what git wrote to standard error */
export async function git(...args: string[]): Promise<string> {
  // Repositories of the user may belong to another account, e.g. inside a container; they are only read.
  const command = run('git', ['-c', 'safe.directory=*', ...args], { env: environment({}) });
  // The message would begin with the command line, and a person is shown the first line.
  const { stdout } = await command.catch((cause: Error & { stderr?: string }) => {
    throw cause.stderr ? new Error(`git: ${cause.stderr.trim().replaceAll('\n', '; ')}`, { cause }) : cause;
  });
  return stdout;
}

/** Starts a git that talks over its standard input and output. */
export function gitService(args: string[], extra: Record<string, string>): ChildProcessWithoutNullStreams {
  return spawn('git', args, { env: environment(extra), stdio: ['pipe', 'pipe', 'pipe'] });
}
