import { SFNClient } from '@aws-sdk/client-sfn';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aGateway, type TestGateway } from '#test/support/a-gateway';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';
import { fakeLambdas } from '#test/support/fake-lambdas';

const worker = arnOf('AWS::Lambda::Function', 'Worker');
const setting = arnOf('AWS::SSM::Parameter', 'Setting');

const assembly = anAssembly({
  Worker: { type: 'AWS::Lambda::Function', properties: { Role: arnOf('AWS::IAM::Role', 'Api') } },
  Setting: { type: 'AWS::SSM::Parameter', properties: { Type: 'String', Value: 'on' } },
  ...aRole('Api', [allow('lambda:InvokeFunction', worker), allow(['ssm:GetParameter', 'ssm:GetParameters'], setting)]),
});

const lambdas = fakeLambdas((event: { fail?: boolean }) => {
  if (event.fail) throw new Error('no');
  return { echo: event };
});
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await aGateway(assembly, { lambda: lambdas });
});
afterAll(() => gateway.stop());

/** What an SDK client would send, for services whose client is not installed. */
async function call(service: string, path: string, body: object, headers: Record<string, string> = {}) {
  const { credentials, region } = gateway.clientAs(arnOf('AWS::IAM::Role', 'Api')).sdk;
  const { sha256 } = new SFNClient({ region }).config;
  const { host, hostname, port } = new URL(gateway.sdk);
  const signed = await new SignatureV4({ service, region, credentials, sha256 }).sign({
    method: 'POST',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: { host, ...headers },
    body: JSON.stringify(body),
  });
  return await fetch(`${gateway.sdk}${path}`, { method: 'POST', headers: signed.headers, body: JSON.stringify(body) });
}

describe('lambda:Invoke', () => {
  const path = (name: string) => `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;

  it('answers what the function answers', async () => {
    const answer = await call('lambda', path('test-Worker'), { a: 1 });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ echo: { a: 1 } });
  });

  it('tells a function error by its header', async () => {
    const answer = await call('lambda', path(worker), { fail: true });

    expect(answer.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await answer.json()).toMatchObject({ errorType: 'Error' });
  });

  it('answers an event at once, and a dry run without a run', async () => {
    const before = lambdas.invocations.length;

    const dry = await call('lambda', path(worker), {}, { 'x-amz-invocation-type': 'DryRun' });
    const event = await call('lambda', path(worker), { b: 2 }, { 'x-amz-invocation-type': 'Event' });

    expect([dry.status, event.status]).toEqual([204, 202]);
    await vi.waitFor(() =>
      expect(lambdas.invocations.slice(before)).toEqual([{ functionArn: worker, event: { b: 2 } }]),
    );
  });

  it('is denied for other functions, and other operations are named', async () => {
    expect(await (await call('lambda', path('test-Other'), {})).text()).toContain('lambda:InvokeFunction');
    expect(await (await call('lambda', '/2015-03-31/functions', {})).text()).toContain(
      'does not run lambda:POST /2015-03-31/functions',
    );
  });
});

describe('Parameter Store', () => {
  const ask = async (operation: string, body: object) =>
    (await call('ssm', '/', body, { 'x-amz-target': `AmazonSSM.${operation}` })).json();

  it('has the values of the template', async () => {
    expect(await ask('GetParameter', { Name: 'test-Setting' })).toMatchObject({
      Parameter: { Value: 'on', ARN: setting },
    });
    expect(await ask('GetParameters', { Names: ['test-Setting'] })).toMatchObject({
      Parameters: [{ Name: 'test-Setting' }],
      InvalidParameters: [],
    });
  });

  it('denies others, and is read only', async () => {
    expect(await ask('GetParameter', { Name: 'test-Other' })).toMatchObject({ __type: 'AccessDeniedException' });
    expect(await ask('PutParameter', { Name: 'test-Setting' })).toMatchObject({ __type: 'UnknownOperationException' });
  });
});
