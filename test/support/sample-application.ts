import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HttpApi, HttpMethod, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer, WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration, WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { App, CfnOutput, CfnParameter, Duration, Fn, Stack } from 'aws-cdk-lib/core';
import { buildSync } from 'esbuild';
import { sampleMachine } from './sample-machine.ts';

/** Seconds that a message is hidden, and how often it is received before it is dead. */
export const POISON = { visibility: 2, receives: 2 };

const told = ['OidcIssuer', 'OidcAudience', 'CodeHostUrl', 'E2bApiUrl', 'E2bSandboxUrl', 'TimeScale'];

/** Synthesizes a small application with one of each thing that Patchbay is made of. @returns its `cdk.out` */
export function synthSample(folder: string): string {
  const code = join(folder, 'code');
  mkdirSync(code, { recursive: true });
  buildSync({
    entryPoints: [join(import.meta.dirname, 'sample-handlers.ts')],
    outfile: join(code, 'index.mjs'),
    ...{ bundle: true, platform: 'node', format: 'esm', minify: true, logLevel: 'error' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const outdir = join(folder, 'cdk.out');
  const app = new App({ outdir, analyticsReporting: false });
  build(new Stack(app, 'sample'), code);
  app.synth();
  return outdir;
}

function build(stack: Stack, path: string): void {
  // What the laptop tells every application; a parameter that nothing uses would be a finding.
  const [issuer = '', audience = ''] = told.map((name) => {
    const { valueAsString } = new CfnParameter(stack, name, { default: '' });
    new CfnOutput(stack, `Told${name}`, { value: valueAsString });
    return valueAsString;
  });
  new Secret(stack, 'E2bKey');
  const table = new TableV2(stack, 'Rows', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
  const bucket = new Bucket(stack, 'Results', { enforceSSL: true });
  const dead = new Queue(stack, 'Dead');
  const { visibility, receives } = POISON;
  const queue = new Queue(stack, 'Jobs', {
    visibilityTimeout: Duration.seconds(visibility),
    deadLetterQueue: { queue: dead, maxReceiveCount: receives },
  });
  const functionOf = (id: string, environment: Record<string, string> = {}) =>
    new LambdaFunction(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      handler: `index.${id.toLowerCase()}`,
      code: Code.fromAsset(path),
      memorySize: 512,
      timeout: Duration.seconds(id === 'Dispatch' ? 2 : 20),
      environment: { TABLE: table.tableName, BUCKET: bucket.bucketName, QUEUE_URL: queue.queueUrl, ...environment },
    });
  const steps = { Work: functionOf('Work'), Agent: functionOf('Agent'), Store: functionOf('Store') };
  const machine = new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromString(JSON.stringify(sampleMachine)),
    definitionSubstitutions: Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, step.functionArn])),
  });
  for (const step of Object.values(steps)) step.grantInvoke(machine);
  const dispatch = functionOf('Dispatch', { MACHINE: machine.stateMachineArn });
  dispatch.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
  machine.grantStartExecution(dispatch);
  table.grantWriteData(steps.Agent);
  table.grantWriteData(steps.Store);
  bucket.grantPut(steps.Store);
  // Not grantTaskResponse: the machine's own policy names the function, and that would be a cycle.
  const settle = { actions: ['states:SendTaskSuccess', 'states:SendTaskFailure', 'states:SendTaskHeartbeat'] };
  steps.Agent.addToRolePolicy(new PolicyStatement({ effect: Effect.ALLOW, resources: ['*'], ...settle }));
  serveHttp(stack, { issuer, audience }, { functionOf, queue, bucket });
  serveSockets(stack, functionOf, table);

  const operator = functionOf('Operator');
  for (const grant of [machine.grantStartExecution, machine.grantRead, machine.grantTaskResponse])
    grant.call(machine, operator);
  machine.grantExecution(operator, 'states:StopExecution');
  table.grantReadData(operator);
  bucket.grantRead(operator);
  dead.grantConsumeMessages(operator);
  for (const [name, value] of Object.entries({
    MachineArn: machine.stateMachineArn,
    OperatorRole: operator.role?.roleArn ?? '',
    TableName: table.tableName,
    BucketName: bucket.bucketName,
    DeadUrl: dead.queueUrl,
  }))
    new CfnOutput(stack, name, { value });
}

type FunctionOf = (id: string, environment?: Record<string, string>) => LambdaFunction;

function serveHttp(
  stack: Stack,
  { issuer, audience }: { issuer: string; audience: string },
  { functionOf, queue, bucket }: { functionOf: FunctionOf; queue: Queue; bucket: Bucket },
): void {
  const api = new HttpApi(stack, 'Api', { createDefaultStage: false });
  api.addStage('Stage', { stageName: 'api', autoDeploy: true });
  const authorizer = new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [audience] });
  const solve = functionOf('Solve');
  queue.grantSendMessages(solve);
  const integration = new HttpLambdaIntegration('Solve', solve);
  const { GET, POST } = HttpMethod;
  api.addRoutes({ path: '/solve', methods: [POST], integration, authorizer, authorizationScopes: ['solve'] });
  api.addRoutes({ path: '/context', methods: [GET], integration });
  const urls = functionOf('Urls');
  bucket.grantRead(urls);
  bucket.grantPut(urls);
  api.addRoutes({ path: '/urls', methods: [GET], integration: new HttpLambdaIntegration('Urls', urls) });
  new CfnOutput(stack, 'ApiUrl', { value: Fn.join('', [api.apiEndpoint, '/api']) });
}

function serveSockets(stack: Stack, functionOf: FunctionOf, table: TableV2): void {
  const api = new WebSocketApi(stack, 'Live', { routeSelectionExpression: '$request.body.action' });
  const stage = new WebSocketStage(stack, 'LiveStage', { webSocketApi: api, stageName: 'ws', autoDeploy: true });
  const socket = functionOf('Socket', { CALLBACK: stage.callbackUrl });
  table.grantWriteData(socket);
  stage.grantManagementApiAccess(socket);
  const integration = new WebSocketLambdaIntegration('Socket', socket);
  const identitySource = ['route.request.querystring.ticket'];
  const authorizer = new WebSocketLambdaAuthorizer('Ticket', functionOf('Ticket'), { identitySource });
  api.addRoute('$connect', { integration, authorizer });
  for (const route of ['$disconnect', '$default']) api.addRoute(route, { integration });
  new CfnOutput(stack, 'SocketUrl', { value: stage.url });
}
