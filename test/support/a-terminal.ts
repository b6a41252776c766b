import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../bin/laptop.ts';

/** What a command said, and with what code it ended. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Settles when standard output or error has the text. @throws Error when it ends without */
  says(text: string): Promise<void>;
}

/** A person's terminal: the commands of the README, on a stack folder of its own. */
export interface Terminal {
  stackFolder: string;
  /** The folder that the next commands are called from. */
  cwd: string;
  /** A command as npm runs it: in the package's folder, told where the user is. */
  start(script: string, args: string[], input?: string): Running;
  /** `npm run solve -- …` */
  solve(...args: string[]): Promise<Ended>;
  /** `npm start`, until the stack can be used. */
  startStack(): Promise<Running>;
  /** Ends whatever still runs, the stack by Ctrl-C. */
  close(): Promise<void>;
}

/** @param env e.g. MODEL_BASE_URL and MODEL. */
export function aTerminal(cwd: string, env: Record<string, string>): Terminal {
  const stackFolder = mkdtempSync(join(tmpdir(), 'patchbay-terminal-'));
  const commands: Running[] = [];
  let stack: Running | undefined;
  const terminal: Terminal = {
    stackFolder,
    cwd,
    start(script, args, input = '') {
      const all = { ...process.env, PATCHBAY_STACK: stackFolder, ...env, INIT_CWD: terminal.cwd };
      const running = start([join(root, 'bin', script), ...args], all, input);
      commands.push(running);
      return running;
    },
    solve: (...args) => terminal.start('solve.ts', args).ended,
    async startStack() {
      stack = terminal.start('start.ts', []);
      await stack.says('Solve something');
      return stack;
    },
    async close() {
      for (const one of commands) if (one !== stack) one.child.kill('SIGKILL');
      await interrupt(stack);
      rmSync(stackFolder, { recursive: true, force: true });
    },
  };
  return terminal;
}

/** Ctrl-C. */
export function interrupt(running: Running | undefined): Promise<Ended> | undefined {
  running?.child.kill('SIGINT');
  return running?.ended;
}

function start(args: string[], env: NodeJS.ProcessEnv, input: string): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { cwd: root, env });
  child.stdin.end(input);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => `${said.out}${said.err}`.includes(text) && resolve();
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      void ended.then(({ out, err }) => reject(new Error(`it ended without saying "${text}":\n${out}${err}`)));
      look();
    });
  return { child, ended, says };
}
