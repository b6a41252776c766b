import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Stack } from 'aws-cdk-lib/core';
import { Duration } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startLambdas } from '#local/lambda/pool';
import type { Assembly, Lambdas, LedgerEntry } from '#local/parts';
import { readAssembly } from '#local/template/assembly';
import { aFunction, someAddresses, synth, temporaryFolder } from '#test/local/template/synth';
import { aProxy, proxyCredentials } from '#test/support/a-proxy';

const folder = temporaryFolder();
const lines: string[] = [];
const ledger: Omit<LedgerEntry, 'at'>[] = [];
let assembly: Assembly;
let lambdas: Lambdas;

const HANDLERS = {
  Echo: `export const handler = async (event, context) => {
    console.log('hello', event.say);
    return { event, remaining: context.getRemainingTimeInMillis(), memory: context.memoryLimitInMB, id: context.awsRequestId, arn: context.invokedFunctionArn };
  };`,
  Environment: 'export const handler = async () => process.env;',
  Fetches: 'export const handler = async ({ url }) => (await fetch(url)).text();',
  Throws: `class NoSuchRef extends Error { name = 'NoSuchRef'; } export const handler = async () => { throw new NoSuchRef('main'); };`,
  Broken: `throw new TypeError('cannot start');`,
  Slow: `export const handler = ({ quick }) => quick ? Promise.resolve('quick') : new Promise(() => setInterval(() => {}, 1000));`,
  Exits: 'export const handler = async () => process.exit(3);',
  Hungry:
    'const kept = []; export const handler = async () => { for (;;) { kept.push(Buffer.alloc(8e6, 1)); await new Promise((r) => setTimeout(r, 5)); } };',
  Waits: `let served = 0; export const handler = async ({ n, ms }) => { await new Promise((r) => setTimeout(r, ms)); return { n, pid: process.pid, served: ++served }; };`,
  Streams: `export const handler = awslambda.streamifyResponse(async (event, stream) => {
    const response = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'Content-Type': 'text/event-stream' }, cookies: ['a=b'] });
    response.write('one '); await new Promise((r) => setTimeout(r, 20)); response.write('two'); response.end();
  });`,
};

function build(stack: Stack) {
  for (const [id, source] of Object.entries(HANDLERS)) {
    aFunction(stack, folder.path, id, source, {
      memorySize: id === 'Hungry' ? 160 : 256,
      timeout: Duration.seconds(id === 'Slow' ? 1 : 20),
      environment: { COLOUR: 'green' },
    });
  }
}

const arn = (id: string) => assembly.byType('AWS::Lambda::Function').find((f) => f.logicalId.startsWith(id))!.arn;
const invoke = async (id: string, event: unknown = {}) => {
  const { payload, functionError } = await lambdas.invoke(arn(id), JSON.stringify(event));
  return { value: JSON.parse(payload), functionError };
};

beforeAll(async () => {
  assembly = readAssembly({ cdkOut: synth(folder.path, build), addresses: someAddresses() });
  lambdas = await startLambdas({
    assembly,
    addresses: someAddresses(),
    credentialsFor: () => ({ accessKeyId: 'AKIDROLE', secretAccessKey: 'secret' }),
    count: (entry) => ledger.push(entry),
    log: (name, line) => lines.push(`${name} ${line}`),
    stateDir: folder.path,
  });
});

afterAll(async () => {
  await lambdas?.stop();
  folder[Symbol.dispose]();
});

describe('a function', () => {
  it('sees its event and the context that the template gives', async () => {
    const { value } = await invoke('Echo', { say: 'there' });

    expect(value).toMatchObject({ event: { say: 'there' }, memory: '256', arn: arn('Echo') });
    expect(value.remaining).toBeGreaterThan(15_000);
    expect(value.remaining).toBeLessThanOrEqual(20_000);
    await vi.waitFor(() => expect(lines.join('\n')).toMatch(new RegExp(`${value.id}\tINFO\thello there`)));
  });

  it('has an environment made from nothing', async () => {
    process.env.LEAKED_FROM_THE_SHELL = 'yes';

    const { value } = await invoke('Environment');

    expect(value).toMatchObject({
      COLOUR: 'green',
      AWS_ACCESS_KEY_ID: 'AKIDROLE',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4001',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4002',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      TZ: ':UTC',
    });
    expect(value).not.toHaveProperty('LEAKED_FROM_THE_SHELL');
    expect(value).not.toHaveProperty('NODE_COMPILE_CACHE');
  });

  it('calls hosts outside through the proxy of this machine, and loopback directly', async () => {
    const web = createServer((request, response) => response.end(request.url));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const { port } = web.address() as AddressInfo;
    const proxy = await aProxy(() => ({ 'provider.invalid:80': port }));
    vi.stubEnv('NODE_USE_ENV_PROXY', '1').stubEnv('HTTP_PROXY', proxy.url).stubEnv('NO_PROXY', '127.0.0.1');

    expect((await invoke('Fetches', { url: 'http://provider.invalid/v1' })).value).toBe('/v1');
    expect((await invoke('Fetches', { url: `http://127.0.0.1:${port}/own` })).value).toBe('/own');
    expect(proxy.passed).toEqual([`CONNECT provider.invalid:80 ${proxyCredentials}`]);

    vi.unstubAllEnvs();
    proxy.stop();
    web.close();
  });

  it('that throws answers with the name and message of the error', async () => {
    expect(await invoke('Throws')).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType: 'NoSuchRef', errorMessage: 'main' },
    });
  });

  it('that cannot be loaded answers with what went wrong', async () => {
    expect(await invoke('Broken')).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType: 'TypeError', errorMessage: 'cannot start' },
    });
  });

  it('that takes too long is stopped at its timeout, and works again afterwards', async () => {
    const { value } = await invoke('Slow');

    expect(value.errorType).toBe('Sandbox.Timedout');
    expect(value.errorMessage).toMatch(/^RequestId: \S+ Error: Task timed out after 1\.00 seconds$/);
    expect((await invoke('Slow', { quick: true })).value).toBe('quick');
  });

  it('that exits answers so', async () => {
    expect(await invoke('Exits')).toMatchObject({
      value: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/exit status 3$/) },
    });
  });

  it('that takes more memory than it has is stopped', async () => {
    expect(await invoke('Hungry')).toMatchObject({
      value: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/signal: (killed|aborted)$/) },
    });
  });

  it('that is not in the template is refused', async () => {
    await expect(lambdas.invoke('arn:aws:lambda:us-east-1:000000000000:function:nobody', '{}')).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
  });
});

describe('the pool', () => {
  it('runs at most two at a time, first come first served, and gives each caller its own answer', async () => {
    const calls = Array.from({ length: 30 }, (_, n) => invoke('Waits', { n, ms: n % 3 }));
    const idle = lambdas.idleSlots(arn('Waits'));

    const answers = (await Promise.all(calls)).map(({ value }) => value);

    expect(idle).toBe(0);
    expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
    expect(Math.max(...answers.map(({ served }) => served))).toBeGreaterThan(5);
    expect(lambdas.idleSlots(arn('Waits'))).toBe(2);
  });

  it('counts a request and its memory time, initialization included', async () => {
    await invoke('Waits', { n: 0, ms: 50 });

    const mine = ledger.filter(({ by }) => by.includes('Waits')).slice(-2);
    expect(mine).toMatchObject([
      { item: 'lambda:Request', units: 1 },
      { item: 'lambda:GB-Second', units: expect.any(Number) },
    ]);
    expect(mine[1]!.units).toBeGreaterThanOrEqual(0.0125);
    expect(mine[1]!.units).toBeLessThan(0.1);
  });

  it('streams the prelude before the body', async () => {
    const seen: unknown[] = [];

    await lambdas.invokeStreaming(arn('Streams'), '{}', {
      prelude: (prelude) => seen.push(prelude),
      chunk: (bytes) => seen.push(Buffer.from(bytes).toString()),
    });

    expect(seen).toEqual([
      { statusCode: 201, headers: { 'content-type': 'text/event-stream' }, cookies: ['a=b'] },
      'one ',
      'two',
    ]);
  });
});
