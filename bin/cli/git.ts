import { spawnSync } from 'node:child_process';

export interface GitRun {
  ok: boolean;
  /** Bytes: a diff may hold a file of any encoding. */
  stdout: Buffer;
  /** What git complained about, else an empty text. */
  stderr: string;
}

/** Runs git in a folder of the user, with the user's own configuration. */
export function git(
  folder: string,
  args: readonly string[],
  more: { input?: Uint8Array; env?: Record<string, string> } = {},
): GitRun {
  const { status, stdout, stderr, error } = spawnSync('git', args, {
    cwd: folder,
    env: { ...process.env, LC_ALL: 'C', ...more.env },
    maxBuffer: 256 * 1_048_576,
    ...(more.input && { input: more.input }),
  });
  if (error) throw error;
  return { ok: status === 0, stdout, stderr: stderr.toString('utf8').trim() };
}

/** One line of its output; undefined when it failed. */
export function gitLine(folder: string, ...args: string[]): string | undefined {
  const run = git(folder, args);
  return run.ok ? run.stdout.toString('utf8').trim() : undefined;
}
