import '../../support/quiet-logs.ts';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf } from '#core/models';
import { checkModels } from '../../../bin/check-models.ts';
import { modelsCheck } from '../../../bin/cli/commands/models-check.ts';
import { runCommands } from '../../../bin/cli/run-commands.ts';
import { serveControl } from '../../../bin/control-socket.ts';
import { modelSettings } from '../../../bin/model-settings.ts';
import { aShell } from '../../support/a-shell.ts';
import { type RecordedProviders, recorded, recordedProviders } from '../../support/recorded-providers.ts';

const key = 'sk-canary-1234567890';
const haiku = 'global.anthropic.claude-haiku-4-5-20251001-v1:0';
const titan = '/model/us.amazon.nova-lite-v1:0/converse';
let server: RecordedProviders;
let folder: string;
beforeEach(async () => {
  server = await recordedProviders();
  server.answers.set('/v1/chat/completions', { body: recorded.openai });
  server.answers.set('/messages', { body: recorded.anthropic });
  for (const path of [titan, `/model/${haiku}/converse`]) server.answers.set(path, { body: recorded.bedrock });
  folder = mkdtempSync(join(tmpdir(), 'patchbay-check-'));
  process.env.PATCHBAY_STACK = folder;
  process.env.AWS_REGION = 'eu-west-1';
});
afterEach(async () => {
  delete process.env.PATCHBAY_STACK;
  delete process.env.AWS_REGION;
  rmSync(folder, { recursive: true });
  await server.stop();
});

/** Every kind of provider, at the server of this test. */
function settings() {
  const at: Record<string, string> = { openai: `${server.url}/v1`, anthropic: server.url, bedrock: server.url };
  const providers = catalogueOf('').flatMap((row) => {
    const base_url = at[row.name];
    return base_url ? [{ ...row, base_url }] : row.kind === 'replay' ? [row] : [];
  });
  const keys = { openai: key, anthropic: key, bedrock: `AKIAEXAMPLE:${key}` };
  return { providers, keys, defaultModel: 'openai/gpt-x' };
}

const check = (...models: string[]) => checkModels(settings(), { models, timeoutMs: 5_000 });

async function run(line: string, env: Record<string, string>) {
  const shell = aShell({ env });
  const code = await runCommands(
    { name: 'npm run models --', commands: { check: modelsCheck } },
    line.split(' '),
    shell,
  );
  return { code, out: shell.stdout, err: shell.stderr };
}

describe('a tool call', () => {
  it('comes back from every kind of provider, at what it cost', async () => {
    const checks = await check('openai/gpt-x', 'anthropic/claude-haiku-4-5', 'bedrock/us.amazon.nova-lite-v1:0');

    expect(checks.map(({ model, outcome, cost_usd, priced }) => ({ model, outcome, cost_usd, priced }))).toEqual([
      { model: 'anthropic/claude-haiku-4-5', outcome: 'works', cost_usd: 0.001, priced: true },
      { model: 'openai/gpt-x', outcome: 'works', cost_usd: undefined, priced: false },
      { model: 'bedrock/us.amazon.nova-lite-v1:0', outcome: 'works', cost_usd: undefined, priced: false },
    ]);
    expect(checks[0]?.tokens).toMatchObject({ input: 500, output: 100 });
    const byPath = new Map(server.asked.map((request) => [request.path, request]));
    expect(byPath.get('/v1/chat/completions')?.headers.authorization).toBe(`Bearer ${key}`);
    expect(byPath.get('/messages')?.headers['x-api-key']).toBe(key);
    expect(byPath.get(titan)?.headers.authorization).toContain('Credential=AKIAEXAMPLE/');
    for (const { body } of server.asked) expect(body).toContain('Execute a bash command');
  });

  it('is asked of one model of each provider when none is named: the default, the cheapest, else one has to be named', async () => {
    const checks = await check();

    expect(checks.map(({ model, outcome, replay }) => [model, outcome, replay])).toEqual([
      ['anthropic/claude-haiku-4-5', 'works', false],
      ['openai/gpt-x', 'works', false],
      [`bedrock/${haiku}`, 'works', false],
      ['replay/sample', 'works', true],
    ]);
  });
});

it('a tool call with arguments as an object works, as it does for the agent', async () => {
  const call = { function: { name: 'bash', arguments: { command: 'pwd' } } };
  server.answers.set('/v1/chat/completions', { body: { choices: [{ message: { tool_calls: [call] } }] } });

  expect(await check('openai/gpt-x')).toMatchObject([{ outcome: 'works' }]);
});

describe('what does not work', () => {
  const rows: Array<[string, string, number, unknown, string]> = [
    ['a wrong key', 'openai/gpt-x', 401, { error: { message: `Incorrect API key provided: ${key}` } }, 'key refused'],
    [
      'a wrong key',
      'anthropic/claude-haiku-4-5',
      401,
      { type: 'error', error: { message: `bad ${key}` } },
      'key refused',
    ],
    ['no access', 'bedrock/us.amazon.nova-lite-v1:0', 403, { message: `denied ${key}` }, 'key refused'],
    [
      'a model',
      'openai/gpt-x',
      404,
      { error: { message: `The model gpt-x does not exist for ${key}` } },
      'model unknown',
    ],
    [
      'a model',
      'anthropic/claude-haiku-4-5',
      404,
      { type: 'error', error: { type: 'not_found_error', message: 'model: claude-haiku-4-5' } },
      'model unknown',
    ],
    [
      'a model',
      'bedrock/us.amazon.nova-lite-v1:0',
      400,
      { message: 'The provided model identifier is invalid.' },
      'model unknown',
    ],
    ['an address', 'openai/gpt-x', 404, '404 page not found', 'failed'],
    ['no credit', 'openai/gpt-x', 429, { error: { message: 'insufficient_quota' } }, 'rate limited'],
    [
      'a provider that is down',
      'anthropic/claude-haiku-4-5',
      529,
      { type: 'error', error: { message: 'overloaded' } },
      'failed',
    ],
    ['a request', 'openai/gpt-x', 400, { error: { message: 'tools are not supported' } }, 'failed'],
    ['a page', 'openai/gpt-x', 200, '<html>', 'failed'],
    ['another shape', 'openai/gpt-x', 200, { answer: 42 }, 'failed'],
    ['text', 'openai/gpt-x', 200, { choices: [{ message: { content: `pwd ${key}` } }] }, 'no tool call'],
    [
      'half a call',
      'openai/gpt-x',
      200,
      { choices: [{ message: { tool_calls: [{ function: { name: 'bash', arguments: '{"comm' } }] } }] },
      'no tool call',
    ],
  ];
  it.each(rows)('%s of %s (%i) is told apart, without the key', async (_, model, status, body, outcome) => {
    for (const path of server.answers.keys()) server.answers.set(path, { status, body });

    const [row] = await check(model);

    expect(row).toMatchObject({ model, outcome });
    expect(JSON.stringify(row)).not.toContain(key);
  });

  it('is an address where nobody listens, and a key that no header takes', async () => {
    const malformed = { ...settings(), keys: { openai: `${key}\nmore` } };
    const [broken] = await checkModels(malformed, { models: ['openai/gpt-x'], timeoutMs: 5_000 });
    await server.stop();
    const [away] = await check('openai/gpt-x');

    expect(away).toMatchObject({ outcome: 'unreachable', detail: expect.stringContaining('ECONNREFUSED') });
    expect(broken).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('characters that no header takes'),
    });
    expect(JSON.stringify(broken)).not.toContain('canary');
  });

  it('is a server that does not answer in time', async () => {
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true });
      });

    const [row] = await checkModels(settings(), { models: ['openai/gpt-x'], timeoutMs: 20 }, silent);

    expect(row?.outcome).toBe('no answer in time');
  });

  it('is a model of a provider that is not configured', async () => {
    await expect(check('mistral/large')).rejects.toThrow(
      '"mistral/large" is of no configured provider. There are anthropic',
    );
  });
});

describe('npm run models -- check', () => {
  const own = () => ({ MODEL_BASE_URL: `${server.url}/v1`, MODEL_API_KEY: key });

  it('asks with the keys of the terminal when no stack runs, and never shows one', async () => {
    const { code, out } = await run('check --model own/qwen', own());

    expect(out).toMatch(/^Asked for one tool call each, with the keys of this terminal/);
    expect(out).toMatch(/own\/qwen +works +0\.\d s, 120 tokens in, 20 out, unpriced +a tool call came back/);
    expect(out).not.toContain(key);
    expect(code).toBe(0);
  });

  it('asks the only model that a server lists, or says which there are', async () => {
    server.answers.set('/v1/models', { body: { data: [{ id: 'qwen' }] } });
    const one = await run('check', own());
    server.answers.set('/v1/models', { body: { data: [{ id: 'qwen' }, { id: 'llama' }] } });
    const two = await run('check --json', own());

    expect(one).toMatchObject({ code: 0, out: expect.stringContaining('own/qwen') });
    expect(one.out).toMatch(/replay\/sample +a recording +no model asked, no cost/);
    expect(two.code).toBe(1);
    expect(JSON.parse(two.out)).toMatchObject({
      works: false,
      checks: [{ replay: true }, { outcome: 'no model named', detail: expect.stringContaining('It has qwen, llama.') }],
    });
  });

  it('says how to configure a model when there is only the recording', async () => {
    const { code, out } = await run('check', {});

    expect(code).toBe(1);
    expect(out).toMatch(/replay\/sample +a recording/);
    for (const variable of ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'MODEL_BASE_URL', 'AWS_ACCESS_KEY_ID'])
      expect(out).toContain(variable);
  });

  it('is done by the running stack, whose keys stay where they are', async () => {
    const asked: unknown[] = [];
    const stack = {
      async ask(method: string, params: unknown) {
        asked.push([method, params]);
        return check('openai/gpt-x');
      },
    };
    const where = { apiUrl: 'http://127.0.0.1:1/api', socketUrl: 'ws://127.0.0.1:1/ws', jailed: true, pid: 1 };
    const control = await serveControl(stack, Promise.resolve(where));

    const { code, out } = await run('check --model openai/gpt-x --max-seconds 9', {});
    const here = await run('check --here', {});
    control.stop();

    expect(asked).toEqual([['checkModels', { models: ['openai/gpt-x'], timeoutMs: 9_000 }]]);
    expect(out).toContain('with the keys of the running stack');
    expect(out).toMatch(/openai\/gpt-x +works/);
    expect(code).toBe(0);
    expect(here.out).toContain('No model is configured here');
  });

  it('refuses a time that is none', async () => {
    expect(await run('check --max-seconds soon', {})).toMatchObject({
      code: 1,
      err: expect.stringContaining('--max-seconds'),
    });
  });
});

describe('the laptop’s models', () => {
  it('come from the environment', () => {
    const { providers, keys } = modelSettings({
      ANTHROPIC_API_KEY: 'a',
      MODEL_BASE_URL: 'http://127.0.0.1:11434/v1',
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 't',
      AWS_REGION: 'eu-central-1',
    });

    expect(providers.map(({ name, base_url }) => [name, base_url])).toEqual([
      ['anthropic', undefined],
      ['bedrock', 'https://bedrock-runtime.eu-central-1.amazonaws.com'],
      ['replay', undefined],
      ['own', 'http://127.0.0.1:11434/v1'],
    ]);
    expect(keys).toEqual({ anthropic: 'a', bedrock: 'AKIA:s:t' });
    expect(
      modelSettings({ AWS_BEARER_TOKEN_BEDROCK: 'b', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' }).keys,
    ).toEqual({ bedrock: 'b' });
    expect(modelSettings({ AWS_ACCESS_KEY_ID: 'x' }).keys).toEqual({});
  });

  it.each([
    [
      { MODEL: 'anthropic/claude-haiku-4-5' },
      'MODEL: "anthropic/claude-haiku-4-5" is of no configured provider. Set ANTHROPIC_API_KEY=…',
    ],
    [{ MODEL: 'bedrock/x', AWS_ACCESS_KEY_ID: 'x' }, 'Set AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…'],
    [{ MODEL: 'own/x' }, 'Set MODEL_BASE_URL='],
    [{ MODEL: 'gpt', OPENAI_API_KEY: 'k' }, 'Give provider/name; there are openai, replay.'],
    [{ MODEL_BASE_URL: '127.0.0.1:11434' }, 'MODEL_BASE_URL: "127.0.0.1:11434" is no http address.'],
    [{ MODEL_BASE_URL: 'https://me:pw@models.example/v1' }, 'what the server wants as a key is MODEL_API_KEY'],
  ])('are refused at once when %j cannot be', (environment, message) => {
    expect(() => modelSettings(environment)).toThrow(message);
  });
});
