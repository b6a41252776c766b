import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root } from '../../bin/laptop.ts';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill();
});

interface Ran {
  /** ms from the start to the first line of standard output that has the text. @throws Error without one */
  firstMs(text: string): number;
  ms: number;
  output: string;
}

/** Runs a command to its end. @throws Error with its last lines when it fails */
export async function runCommand(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  const began = performance.now();
  const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines: Array<{ text: string; ms: number }> = [];
  const last: string[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push({ text, ms: performance.now() - began });
    last.push(text);
  });
  createInterface({ input: child.stderr }).on('line', (text) => last.push(text));
  // `close`, not `exit`: by then the last line has been read.
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  running.delete(child);
  const said = [command, ...args].join(' ');
  if (code !== 0) throw new Error(`${said} ended with ${code}:\n${last.slice(-20).join('\n')}`);
  return {
    ms: performance.now() - began,
    output: lines.map(({ text }) => text).join('\n'),
    firstMs(text) {
      const line = lines.find((one) => one.text.includes(text));
      if (!line) throw new Error(`${said} never said "${text}"`);
      return line.ms;
    },
  };
}

/** `npm run <name>` of a checkout, without npm's own start. */
export function runScript(name: string, options: { cwd?: string } = {}): Promise<Ran> {
  return runCommand(process.execPath, ['bin/run.mjs', name], options);
}
