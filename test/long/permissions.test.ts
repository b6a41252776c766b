import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../bin/client/api-client.ts';
import { type Alteration, withoutAction, withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import { refusal } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { openSocket } from '../support/open-socket.ts';
import { fixTurn, goodTurns, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';

/** Steps that do what the one before did not get to: they share one grant, and each may need all of it. */
const nets = /^Functions(EndAttempt|Finish|Cleanup|ExecutionEnded|Sweep)Role\S+ \S+\[(\w+)\] (\S+)$/;

/** Grants that no journey uses, each with the reason why it stays. Lines are `<role or resource> <statement> <action>`. */
const explained: ReadonlyArray<readonly [line: RegExp, reason: string]> = [
  [/ (logs|xray):\w+$/, 'Lambda and Step Functions write logs and traces by themselves; here they are files.'],
  [
    /^FunctionsDispatchRole\S+ \S+DefaultPolicy\S+ sqs:(ChangeMessageVisibility|GetQueueUrl)$/,
    'CDK: every event source.',
  ],
  [/^JobQueueDeadLetters\S+ \S+ sqs:SendMessage$/, 'EventBridge, once ten deliveries have failed.'],
  [
    /\[Connections\] dynamodb:(GetItem|DeleteItem)$/,
    'Who pushes removes sockets that are gone; chance says who meets one.',
  ],
  [
    /^FunctionsDispatchRole\S+ \S+\[Queue\] sqs:SendMessage$/,
    'A permit came free between a refusal and the place in line.',
  ],
  [/^FunctionsRunAgentRole\S+ \S+\[Core\] dynamodb:DeleteItem$/, 'The token of an earlier try of the same step.'],
  [
    /\[Bucket\] s3:ListBucket$/,
    'Asked for a file that is not there: checkpoints of a lost sandbox, an expired artifact.',
  ],
  [/^FunctionsCollectRole\S+ \S+\[Artifacts\] s3:GetObject$/, 'Checkpoints of a sandbox that was lost.'],
  [/\[Bedrock\] bedrock:InvokeModel$/, 'Models of the account itself; here all models are scripted.'],
  [/LiveApidisconnectRoute/, 'The route that this test takes away.'],
  [
    /^FunctionsSweepRole\S+ \S+\[(Machine|Executions)\] states:\w+$/,
    'Executions that were never started, or died unheard.',
  ],
];

/** `$disconnect` is best effort on AWS: sockets go without a word. */
const withoutDisconnect: Alteration = ({ Resources }) => {
  for (const [id, { Type, Properties }] of Object.entries(Resources))
    if (Type === 'AWS::ApiGatewayV2::Route' && Properties.RouteKey === '$disconnect') delete Resources[id];
};

describe('with the permissions of the template', () => {
  let journey: Journey;
  beforeAll(async () => {
    journey = await startJourney({ alter: [withPermits({ user: 2 }), withoutDisconnect] });
    await useEverything(journey);
  });
  afterAll(() => journey?.stop());

  it('nothing that jobs, sockets and people do is denied', () => {
    expect(journey.stack.iam.report().denials).toEqual([]);
  });

  it('nothing is granted that is never used, except for a reason', () => {
    const unused = journey.stack.iam.report().unusedStatements;

    const rest = unused.filter((line) => !explained.some(([pattern]) => pattern.test(line)));
    const byNets = rest.flatMap((line) => nets.exec(line)?.slice(2, 4).join(' ') ?? []);
    const byNoNet = new Set(byNets.filter((grant) => byNets.filter((other) => other === grant).length === 5));

    expect(rest.filter((line) => !nets.test(line))).toEqual([]);
    expect([...byNoNet]).toEqual([]);
    process.stdout.write(`0 denials; ${unused.length} grants unused here, all explained\n`);
  });
});

it('without two permissions exactly those calls are denied, and the job still ends', async () => {
  const journey = await startJourney({
    alter: [withoutAction('Api', 'sqs:SendMessage'), withoutAction('Collect', 's3:PutObject')],
  });
  try {
    const { job } = await journey.solve(goodTurns);
    const { failure } = await journey.until(job.id, ({ status }) => status === 'failed');
    await eventually('nothing is held any more', async () => (await journey.held()) === 0);

    expect(failure).toMatchObject({ code: 'internal', retryable: true });
    const { denials } = journey.stack.iam.report();
    const denied = new Set(denials.map(({ principal, action }) => `${principal} ${action}`));
    expect([...denied]).toEqual([
      expect.stringMatching(/-FunctionsApiRole\w+ sqs:SendMessage$/),
      expect.stringMatching(/-FunctionsCollectRole\w+ s3:PutObject$/),
    ]);
  } finally {
    await journey.stop();
  }
});

/** A job that is solved, one that waits and is cancelled, one that fails; every route, and sockets that come and go. */
async function useEverything(journey: Journey): Promise<void> {
  const { api, stack } = journey;
  const { socketUrl } = stack;
  const wrong = { command: 'sed -i s/Helo/Hallo/ greet.py' };
  const good = await journey.solve([goodTurns, [planTurn, wrong, submitTurn]]);
  // Messages come in any order: one slot for the stuck job would keep this one waiting for ever.
  await journey.until(good.job.id, ({ status }) => status === 'running');
  const stuck = await journey.solve([planTurn, fixTurn, thinkingTurn]);
  const fruitless = await journey.solve([planTurn, { command: 'true' }, submitTurn]);
  const open = await Promise.all(
    [good, stuck, fruitless].map(({ sessionId }) => openSocket(api, socketUrl, sessionId)),
  );
  open[0]?.send({ action: 'subscribe', job_id: good.job.id });
  await (await openSocket(api, socketUrl, good.sessionId)).close();
  await comeAndGo(journey, good.sessionId);

  await journey.until(good.job.id, ({ status }) => status === 'awaiting_review');
  await journey.until(stuck.job.id, (_, events) => events.some(({ type, data }) => type === 'step' && data.n === 2));
  await api.call('cancelJob', { params: { job_id: stuck.job.id } });
  await journey.until(stuck.job.id, ({ status }) => status === 'cancelled');
  await journey.until(fruitless.job.id, ({ status }) => status === 'failed');
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
  for (const socket of open) expect(socket.received.filter(({ type }) => type === 'event').length).toBeGreaterThan(5);
  await readEverything(api, good);
  await api.call('reviewJob', { params: { job_id: good.job.id }, body: { decision: 'reject' } });
  const { job } = await api.call('retryJob', { params: { job_id: good.job.id } });
  await api.call('cancelJob', { params: { job_id: job.id } });
  await journey.until(job.id, ({ status }) => status === 'cancelled');
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
  const swept = () => stack.ledger.since(0).some(({ item, by }) => item === 'lambda:GB-Second' && by.includes('Sweep'));
  await eventually('the sweep of the minute has run', swept);
}

/** A fresh ticket prolongs a socket; one whose sign-in has ended is closed. */
async function comeAndGo({ api, stack }: Journey, sessionId: string): Promise<void> {
  const short = new ApiClient({
    baseUrl: stack.apiUrl,
    token: await stack.issuer.token('you', { expiresInSeconds: 3 }),
  });
  const renewed = await openSocket(short, stack.socketUrl, sessionId);
  const ending = await openSocket(short, stack.socketUrl, sessionId);
  const { ticket } = await api.call('createTicket', { body: { session_id: sessionId } });
  renewed.send({ action: 'reauth', ticket });
  const pongs = () => renewed.received.filter(({ type }) => type === 'pong').length;
  await eventually('the socket is renewed', () => pongs() === 1);
  const pinging = setInterval(() => ending.send({ action: 'ping' }), 250);
  await ending.closed.finally(() => clearInterval(pinging));
  expect(ending.received.at(-1)).toMatchObject({ type: 'error', data: { code: 'unauthorized' } });
  renewed.send({ action: 'ping' });
  await eventually('the renewed socket outlives its first sign-in', () => pongs() === 2);
  await renewed.close();
}

async function readEverything(
  api: ApiClient,
  { job, sessionId, issueId }: { job: { id: string }; sessionId: string; issueId: string },
) {
  const params = { id: sessionId, issue_id: issueId, job_id: job.id };
  await api.call('createMessage', { params, body: { text: 'Thank you' } });
  for (const name of ['getSession', 'listIssues', 'getIssue', 'getJob', 'listEvents', 'getMe', 'getStatus'] as const)
    await api.call(name, { params });
  await api.call('readLog', { params: { ...params, n: '1' } });
  // It has ended: nothing to cancel.
  await refusal(api.call('cancelAttempt', { params: { ...params, n: '1' } }));
  await api.call('listSessions', {});
  await api.call('listJobs', {});
  await api.call('listModels', {});
  const { artifacts } = await api.call('listArtifacts', { params });
  await api.call('getArtifact', { params: { ...params, name: artifacts[0]?.name ?? '' } });
}
