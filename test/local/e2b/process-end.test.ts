import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Sandbox } from 'e2b';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './sdk.ts';

const MAIN = fileURLToPath(new URL('../../../local/e2b/main.ts', import.meta.url));

/** Command lines of the machine's live processes that hold the text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(text));
}

describe('the command', () => {
  const started: ChildProcess[] = [];
  const folders: string[] = [];

  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill('SIGKILL');
    }
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });

  async function start(
    state?: string,
  ): Promise<{ child: ChildProcess; stateDir: string; env: Record<string, string> }> {
    const stateDir = state ?? (await mkdtemp(join(tmpdir(), 'e2b-')));
    folders.push(stateDir);
    const child = spawn(process.execPath, [MAIN, '--state-dir', stateDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    let printed = '';
    child.stdout?.on('data', (data) => {
      printed += data;
    });
    await eventually(() => printed.includes('Ctrl-C'));
    const lines = [...printed.matchAll(/^export (\w+)=(.+)$/gm)].map(([, name, value]) => [name, value]);
    return { child, stateDir, env: Object.fromEntries(lines) };
  }

  async function withSandbox(env: Record<string, string>, marker: string) {
    const at = { apiKey: env.E2B_API_KEY!, apiUrl: env.E2B_API_URL!, sandboxUrl: env.E2B_SANDBOX_URL!, retries: 0 };
    const sandbox = await Sandbox.create('base', at);
    await sandbox.commands.run(`setsid sleep ${marker} >/dev/null 2>&1 </dev/null & sleep ${marker}`, {
      background: true,
      timeoutMs: 0,
    });
    await eventually(() => processesWith(marker).length >= 2);
  }

  it('takes every process along when it is killed, and wipes what that left when it starts again', async () => {
    const { child, env, stateDir } = await start();
    await withSandbox(env, '54321.25');

    child.kill('SIGKILL');
    await once(child, 'exit');

    await eventually(() => processesWith('54321.25').length === 0);
    expect(processesWith('54321.25')).toEqual([]);
    expect(readdirSync(join(stateDir, 'sandboxes'))).toHaveLength(1);
    await start(stateDir);
    expect(readdirSync(join(stateDir, 'sandboxes'))).toEqual([]);
  });

  it('ends at Ctrl-C with nothing left', async () => {
    const { child, env, stateDir } = await start();
    await withSandbox(env, '54322.25');

    child.kill('SIGINT');
    const [code] = await once(child, 'exit');

    expect(code).toBe(0);
    expect(processesWith('54322.25')).toEqual([]);
    expect(readdirSync(join(stateDir, 'sandboxes'))).toEqual([]);
  });
});
