import type { Shell } from '../../bin/cli/shell.ts';

/** What a command wrote, and the keys that a test presses. */
export interface FakeShell extends Shell {
  stdout: string;
  stderr: string;
  /** Ctrl-C. */
  press(): void;
}

export function aShell(overrides: Partial<Shell> = {}): FakeShell {
  const listeners = new Set<() => void>();
  const shell: FakeShell = {
    stdout: '',
    stderr: '',
    out: (text) => {
      shell.stdout += text;
    },
    err: (line) => {
      shell.stderr += `${line}\n`;
    },
    terminal: () => undefined,
    cwd: '/',
    env: {},
    input: async () => undefined,
    onInterrupt(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    press: () => {
      for (const heard of listeners) heard();
    },
    ...overrides,
  };
  return shell;
}
