import type { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { FunctionUrlAuthType, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import type { Stack } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { startFunctionUrl } from '#local/api/function-url';
import { createIam } from '#local/iam/iam';
import { startLambdas } from '#local/lambda/pool';
import type { Assembly, Lambdas } from '#local/parts';
import { freePort } from '#local/ports';
import { outlineAssembly, readAssembly } from '#local/template/assembly';
import { aFunction, someAddresses, synth, temporaryFolder } from '#test/local/template/synth';

const HANDLERS = {
  Streaming: `export const handler = awslambda.streamifyResponse(async (event, stream) => {
    if (event.rawPath === '/throws') throw new Error('no');
    const response = awslambda.HttpResponseStream.from(stream, { statusCode: 207, headers: { 'Content-Type': 'text/event-stream' } });
    for (const part of ['one', 'two', 'three']) {
      response.write(part + ';');
      if (event.rawPath === '/breaks') throw new Error('in the middle');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    response.end();
  });`,
  Buffered: 'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });',
  Ungranted: 'export const handler = async () => ({ statusCode: 200 });',
};
const folder = temporaryFolder();
const urls: Record<string, string> = {};
const servers: Array<{ stop(): Promise<void> }> = [];
let assembly: Assembly;
let lambdas: Lambdas;

function build(stack: Stack) {
  for (const [id, source] of Object.entries(HANDLERS)) {
    const handler = aFunction(stack, folder.path, id, source);
    const invokeMode = id === 'Streaming' ? InvokeMode.RESPONSE_STREAM : InvokeMode.BUFFERED;
    handler.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode });
    // As a template looks that was made before AWS asked for the second permission.
    if (id === 'Ungranted') handler.node.tryRemoveChild('invoke-function');
    for (const child of handler.node.findAll()) {
      const permission = child as CfnPermission;
      const second =
        permission.cfnResourceType === 'AWS::Lambda::Permission' && permission.action === 'lambda:InvokeFunction';
      if (id === 'Ungranted' && second) child.node.scope?.node.tryRemoveChild(child.node.id);
    }
  }
}

beforeAll(async () => {
  const cdkOut = synth(folder.path, build);
  const ports: Record<string, number> = {};
  for (const id of outlineAssembly(cdkOut).functionUrlIds) ports[id] = await freePort();
  const functionUrls = Object.fromEntries(Object.entries(ports).map(([id, port]) => [id, `http://127.0.0.1:${port}`]));
  const addresses = someAddresses({ functionUrls });
  assembly = readAssembly({ cdkOut, addresses });
  const iam = createIam(assembly);
  const parts = { assembly, count: () => {}, log: () => {} };
  lambdas = await startLambdas({ ...parts, addresses, credentialsFor: iam.credentialsFor, stateDir: folder.path });
  for (const [urlLogicalId, port] of Object.entries(ports)) {
    servers.push(await startFunctionUrl({ ...parts, lambdas, iam, urlLogicalId, port }));
    urls[Object.keys(HANDLERS).find((id) => urlLogicalId.startsWith(id))!] = `http://127.0.0.1:${port}`;
  }
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await lambdas?.stop();
  folder[Symbol.dispose]();
});

it('hands the whole path space to its handler, as sent', async () => {
  const response = await fetch(`${urls.Buffered}/v1/chat%2Fcompletions?x=1`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });

  expect(await response.json()).toMatchObject({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/v1/chat%2Fcompletions',
    rawQueryString: 'x=1',
    body: '{}',
    requestContext: { stage: '$default', http: { method: 'POST' } },
  });
});

it('streams what the handler writes when it writes it', async () => {
  const response = await fetch(`${urls.Streaming}/`);
  const chunks: string[] = [];
  for await (const chunk of response.body!) chunks.push(Buffer.from(chunk).toString());

  expect([response.status, response.headers.get('content-type')]).toEqual([207, 'text/event-stream']);
  expect(chunks).toEqual(['one;', 'two;', 'three;']);
});

it('answers 502 to a handler that fails first, and cuts off one that fails in the middle', async () => {
  const first = await fetch(`${urls.Streaming}/throws`);
  const middle = await fetch(`${urls.Streaming}/breaks`);

  expect([first.status, await first.text()]).toEqual([502, '{"Message":"Internal Server Error"}']);
  expect(middle.status).toBe(207);
  await expect(middle.text()).rejects.toThrow();
});

it('is closed without both permissions', async () => {
  expect((await fetch(`${urls.Buffered}/`)).status).toBe(200);
  expect((await fetch(`${urls.Ungranted}/`)).status).toBe(403);
});

it('may run more than two at a time: it waits for others', async () => {
  const arn = assembly.byType('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith('Buffered'))!.arn;

  expect(lambdas.idleSlots(arn)).toBe(16);
});
