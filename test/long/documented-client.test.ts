import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Journey, startJourney } from '../support/journey.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.stop());

it('the client of the API’s documentation follows a job from the issue to its review', async () => {
  // @ts-expect-error plain JavaScript: the set-up runs it before any package is there
  const { makeSampleRepository } = await import('../../local/sample/make-repository.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-sample-'));
  makeSampleRepository(folder);
  const repository = await journey.stack.gitHost.importRepository('sample', folder);
  rmSync(folder, { recursive: true });
  const token = await journey.stack.issuer.token('you');

  const { code, lines } = await run(
    journey.stack.apiUrl,
    journey.stack.socketUrl,
    token,
    repository,
    'Negative durations',
  );

  expect(code).toBe(0);
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, index) => index + 1));
  expect(lines.at(-1)).toMatch(/job_status awaiting_review$/);
});

async function run(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const client = fileURLToPath(new URL('../../docs/api/client.mjs', import.meta.url));
  const child = spawn(process.execPath, [client, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
  return { code, lines: text.trim().split('\n') };
}
