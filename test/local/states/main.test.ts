import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { boom, machine, one, pass, task, tokenTask } from './cases/case.ts';
import { aStateDir } from './workbench.ts';

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

async function asl(...args: string[]): Promise<Run> {
  const script = join(import.meta.dirname, '../../../local/states/main.ts');
  const env = { ...process.env, INIT_CWD: '' };
  return promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    env,
  }).then(
    (done) => ({ code: 0, ...done }),
    (failed: Run) => ({ code: failed.code, stdout: failed.stdout, stderr: failed.stderr }),
  );
}

function files(contents: Record<string, unknown>): string[] {
  const dir = aStateDir();
  return Object.entries(contents).map(([name, content]) => {
    const path = join(dir, `${name}.json`);
    writeFileSync(path, JSON.stringify(content));
    return path;
  });
}

test('prints end, history and calls', async () => {
  const definition = machine({ Agent: { ...tokenTask('agent'), End: true } });
  const functions = { agent: { token: [{ sleep: 1 }, { heartbeat: true }, { success: { ok: '{% $call %}' } }] } };
  const [d = '', i = '', t = ''] = files({ definition, input: { n: 1 }, functions });

  const { code, stdout } = await asl(d, i, '--functions', t, '--time-scale', '10');

  const result = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { ok: 1 } });
  expect(result.history.at(-1)).toMatchObject({ type: 'ExecutionSucceeded' });
  expect(result.calls).toMatchObject([{ function: 'agent', sent: ['SendTaskHeartbeat', 'SendTaskSuccess'] }]);
});

test('exits with 1 when the execution fails', async () => {
  const [d = '', i = '', t = ''] = files({ definition: one(task('f')), input: {}, functions: { f: boom() } });

  const { code, stdout } = await asl(d, i, '--functions', t);

  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'FAILED', error: 'Boom' });
});

test('exits with 2 and the findings when the definition is refused', async () => {
  const [d = ''] = files({ definition: one(pass({ Extra: 1 })) });

  const { code, stderr } = await asl(d);

  expect(code).toBe(2);
  expect(stderr).toContain("/States/S: Field 'Extra' is not supported");
});

test('explains itself', async () => {
  const { code, stdout } = await asl('--help');

  expect(code).toBe(0);
  expect(stdout).toContain('--functions');
});
