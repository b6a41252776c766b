import type { Socket } from 'node:net';

import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnOutput, type Stack } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { startWeb, type Web } from '#local/api/web';
import { createIam } from '#local/iam/iam';
import { startLambdas } from '#local/lambda/pool';
import type { Assembly, Lambdas, LedgerEntry } from '#local/parts';
import { freePort } from '#local/ports';
import { readAssembly } from '#local/template/assembly';
import { aFunction, someAddresses, synth, temporaryFolder } from '#test/local/template/synth';

const TICKETS = `export const handler = async ({ methodArn, queryStringParameters: { ticket } }) => {
  if (ticket === 'crash') throw new Error('no');
  const statement = { Action: 'execute-api:Invoke', Effect: ticket === 'good' ? 'Allow' : 'Deny', Resource: methodArn };
  return { principalId: 'ada', policyDocument: { Version: '2012-10-17', Statement: [statement] }, context: { tenant: 'acme' } };
};`;
const SOCKET = `export const handler = async (event) => {
  console.log('EVENT', JSON.stringify(event));
  const { routeKey } = event.requestContext;
  if (event.queryStringParameters?.mood === 'bad') return { statusCode: 418 };
  if (event.body === 'throw') throw new Error('no');
  return { statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'v1' }, body: JSON.stringify({ answer: routeKey }) };
};`;
interface SocketEvent {
  queryStringParameters?: Record<string, string>;
  body?: string;
  requestContext: { connectionId: string; eventType: string };
}

const folder = temporaryFolder();
const events: SocketEvent[] = [];
const ledger: Omit<LedgerEntry, 'at'>[] = [];
const clients: WebSocket[] = [];
const logged: string[] = [];
let assembly: Assembly;
let address: string;
let lambdas: Lambdas;
let web: Web;

function build(stack: Stack) {
  const api = new WebSocketApi(stack, 'Live', { routeSelectionExpression: '$request.body.action' });
  const stage = new WebSocketStage(stack, 'Stage', { webSocketApi: api, stageName: 'ws', autoDeploy: true });
  const socket = aFunction(stack, folder.path, 'Socket', SOCKET);
  const tickets = aFunction(stack, folder.path, 'Tickets', TICKETS);
  const integration = new WebSocketLambdaIntegration('Integration', socket);
  const identitySource = ['route.request.querystring.ticket'];
  const authorizer = new WebSocketLambdaAuthorizer('Ticket', tickets, { identitySource });
  api.addRoute('$connect', { integration, authorizer });
  for (const route of ['$disconnect', '$default']) api.addRoute(route, { integration });
  api.addRoute('ping', { integration, returnResponse: true });
  new CfnOutput(stack, 'Url', { value: stage.url });
  new CfnOutput(stack, 'Callback', { value: stage.callbackUrl });
}

beforeAll(async () => {
  const port = await freePort();
  const addresses = someAddresses({ web: `http://127.0.0.1:${port}` });
  assembly = readAssembly({ cdkOut: synth(folder.path, build), addresses });
  address = assembly.outputs.Url!;
  const iam = createIam(assembly);
  const log = (_name: string, line: string) => {
    const json = line.split('EVENT ')[1];
    if (json) events.push(JSON.parse(json));
  };
  const parts = { assembly, count: (entry: Omit<LedgerEntry, 'at'>) => ledger.push(entry) };
  lambdas = await startLambdas({ ...parts, addresses, log, credentialsFor: iam.credentialsFor, stateDir: folder.path });
  web = await startWeb({ ...parts, lambdas, iam, port, log: (line) => logged.push(line), timeScale: 60 });
});

afterAll(async () => {
  for (const client of clients) client.terminate();
  await web?.stop();
  await lambdas?.stop();
  folder[Symbol.dispose]();
});

async function connect(query = '?ticket=good', protocols: string[] = []) {
  const client = new WebSocket(`${address}${query}`, protocols);
  clients.push(client);
  const messages: unknown[] = [];
  client.on('message', (data) => messages.push(JSON.parse(data.toString())));
  const closed = new Promise<number>((resolve) => client.on('close', resolve));
  const status = await new Promise<number>((resolve, reject) => {
    client.on('open', () => resolve(101));
    client.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    client.on('error', reject);
  });
  return { client, messages, closed, status };
}

const eventOf = (match: (event: SocketEvent) => unknown) =>
  vi.waitFor(() => events.find(match) ?? expect.fail('not seen yet'));
const opened = (client: WebSocket) => expect(client.readyState).toBe(WebSocket.OPEN);

describe('a connection', () => {
  it('is found at the address that the template gives', () => {
    expect(address).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/ws$/);
    expect(assembly.outputs.Callback).toMatch(/^http:\/\/127\.0\.0\.1:4001\/_ws\/\w{10}\/ws$/);
  });

  it('is asked about, announced, spoken on and ended as events', async () => {
    const { client, status } = await connect('?ticket=good&tab=1', ['v1']);
    client.send(JSON.stringify({ action: 'unknown', n: 1 }));
    const message = await eventOf(({ body }) => body?.includes('unknown'));
    client.close(4000, 'bye');

    const { connectionId } = message.requestContext;
    const mine = (type: string) => (e: SocketEvent) =>
      e.requestContext.connectionId === connectionId && e.requestContext.eventType === type;
    expect([status, client.protocol]).toEqual([101, 'v1']);
    expect(await eventOf(mine('CONNECT'))).toMatchObject({
      queryStringParameters: { ticket: 'good', tab: '1' },
      requestContext: { routeKey: '$connect', authorizer: { principalId: 'ada', tenant: 'acme' } },
    });
    expect(message).toMatchObject({
      requestContext: { routeKey: '$default', messageId: expect.any(String), authorizer: { tenant: 'acme' } },
      isBase64Encoded: false,
    });
    expect(await eventOf(mine('DISCONNECT'))).toMatchObject({
      requestContext: { routeKey: '$disconnect', disconnectStatusCode: 4000, disconnectReason: 'bye' },
    });
    expect(connectionId).toMatch(/=$/);
  });

  it('that its client drops is over, and no line for whoever runs the stack', async () => {
    const { client } = await connect('?ticket=good&tab=2');
    const { requestContext } = await eventOf(({ queryStringParameters }) => queryStringParameters?.tab === '2');

    // ws has no public way to reset a connection: its own close says good-bye first.
    (client as unknown as { _socket: Socket })._socket.resetAndDestroy();

    await eventOf(
      (e) =>
        e.requestContext.connectionId === requestContext.connectionId && e.requestContext.eventType === 'DISCONNECT',
    );
    expect(logged).toEqual([]);
  });

  it.each([
    ['no ticket', '', 401],
    ['a bad ticket', '?ticket=bad', 403],
    ['an authorizer that fails', '?ticket=crash', 500],
    ['a $connect that says no', '?ticket=good&mood=bad', 418],
  ])('is refused with %s', async (_why, query, expected) => {
    expect((await connect(query)).status).toBe(expected);
  });
});

describe('a message', () => {
  it('goes to the route it names, whose response comes back if the template says so', async () => {
    const { client, messages } = await connect();

    client.send('{"action":"ping"}');

    await vi.waitFor(() => expect(messages).toEqual([{ answer: 'ping' }]));
  });

  it('that fails is answered with an error', async () => {
    const { client, messages } = await connect();

    client.send('throw');

    const error = { message: 'Internal server error', connectionId: expect.any(String), requestId: expect.any(String) };
    await vi.waitFor(() => expect(messages).toEqual([error]));
  });

  it('that is binary, or has too long a frame, closes the socket', async () => {
    const binary = await connect();
    const long = await connect();
    const fits = await connect();

    binary.client.send(Buffer.from([1]));
    long.client.send(JSON.stringify({ action: 'ping', text: 'x'.repeat(33_000) }));
    for (const fin of [false, false, false, true]) fits.client.send(' '.repeat(32_768), { fin });

    expect([await binary.closed, await long.closed]).toEqual([1003, 1009]);
    await eventOf(({ body }) => body?.length === 131_072);
    opened(fits.client);
  });
});

describe('@connections', () => {
  it('posts to an open socket, tells about it, closes it, and says gone afterwards', async () => {
    const { client, messages, closed } = await connect();
    client.send('{"action":"who","me":"posting"}');
    const { requestContext } = await eventOf(({ body }) => body?.includes('posting'));
    const { connectionId } = requestContext;

    expect(web.connections.post(connectionId, Buffer.from('{"hint":1}'))).toBe('ok');
    await vi.waitFor(() => expect(messages).toEqual([{ hint: 1 }]));
    expect(web.connections.get(connectionId)).toMatchObject({ identity: { sourceIp: '127.0.0.1' } });
    web.connections.delete(connectionId);
    expect(await closed).toBe(1000);
    opened((await connect()).client);
    await vi.waitFor(() => expect(web.connections.post(connectionId, Buffer.from('x'))).toBe('gone'));
    expect(web.connections.get(connectionId)).toBeUndefined();
  });

  it('is counted, as are the minutes of a connection', async () => {
    const items = ledger.map(({ item }) => item);

    expect(items).toContain('apigateway:Message');
    expect(items).toContain('apigateway:ConnectionMinute');
  });
});
