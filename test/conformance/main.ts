/**
 * `npm run conformance`: runs the cases of `test/local/states/cases` on MiniStack (PyPI, MIT), a second opinion on the
 * interpreter. It is no judge: where the two differ, `explanations.ts` says who is right by what AWS publishes. A difference
 * without an explanation, and an explanation without its difference, end it with 1. A whole run writes docs/conformance.md.
 *
 *   npm run conformance [-- [--history] [part of a case's name]]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#local/ports';
import type { TableFunctions } from '#local/states/function-table';
import { CASES } from './cases.ts';
import { type Comparing, compare, type Difference } from './compare.ts';
import { EXPLANATIONS } from './explanations.ts';
import { MiniStack } from './ministack-client.ts';
import { conformancePage } from './page.ts';
import { judged, verdict } from './verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const AT_ONCE = 6;

async function main(filter: string, history: boolean): Promise<number> {
  const port = await freePort();
  // It keeps the code of its functions in the folder for temporary files, and never takes it away.
  const folder = mkdtempSync(join(tmpdir(), 'ministack-'));
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TMPDIR: folder, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) };
  const child = spawn(join(root, '.patchbay', 'ministack', 'bin', 'ministack'), [], { env, stdio: 'ignore' });
  process.on('exit', () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
  const tables = new Map<string, TableFunctions>();
  const office = backOffice(tables);
  await new Promise<void>((done) => office.listen(0, '127.0.0.1', done));
  const backOfficePort = (office.address() as AddressInfo).port;
  const stack = new MiniStack(`http://127.0.0.1:${port}`, `http://127.0.0.1:${backOfficePort}`);
  await stack.ready();
  const chosen = CASES.filter(({ name }) => name.includes(filter));
  const differences = await differencesOf(chosen, { stack, tables, history });
  const names = new Set(chosen.map(({ name }) => name));
  const result = judged(differences, EXPLANATIONS, names);
  process.stdout.write(verdict(chosen.length, result));
  const good = result.unexplained.length === 0 && result.gone.length === 0;
  if (good && filter === '' && !history)
    writeFileSync(join(root, 'docs', 'conformance.md'), conformancePage(CASES.length, result));
  return good ? 0 : 1;
}

async function differencesOf(chosen: typeof CASES, run: Comparing): Promise<Difference[]> {
  const found: Difference[][] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < chosen.length; i = next++) {
      const one = chosen[i];
      if (one) found[i] = await compare(run, one, `c${i}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return found.flat();
}

/** The handlers inside MiniStack ask here what to do: one table for each case, under the prefix of its functions. */
function backOffice(tables: Map<string, TableFunctions>): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { name, payload } = JSON.parse(Buffer.concat(chunks).toString());
      const [prefix = '', fn = ''] = String(name).split('-f-');
      const answer = await tables
        .get(prefix)
        ?.invoke(fn, JSON.stringify(payload))
        .catch(() => undefined);
      response.end(JSON.stringify(answer ?? { payload: '{"errorType":"Refused"}', functionError: 'Unhandled' }));
    });
  });
}

const args = process.argv.slice(2);
process.exit(await main(args.find((argument) => argument !== '--history') ?? '', args.includes('--history')));
