import { Arn, ArnFormat, Aws, CfnOutput, Duration, Fn, Lazy, SecretValue, Stack, type StackProps } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { type CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { Functions, type ServiceFunctionName } from './functions.ts';
import { HttpApi } from './http-api.ts';
import { Identity } from './identity.ts';
import { JobQueue } from './job-queue.ts';
import { LiveApi } from './live-api.ts';
import { Parameters } from './parameters.ts';
import { permissions, type Target } from './permissions.ts';
import { settings } from './settings.ts';
import { Storage } from './storage.ts';
import { Watch } from './watch/watch.ts';
import { Workflow } from './workflow.ts';

/** Which models the account may use is said in Bedrock itself; profiles reach into other regions. */
const bedrockModels = [
  `arn:${Aws.PARTITION}:bedrock:*::foundation-model/*`,
  `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:inference-profile/*`,
];

/** One installation of Patchbay. Read top to bottom: what it keeps, what it runs, how it is reached, what wakes it. */
export class PatchbayStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { config: Config }) {
    super(scope, id, props);
    const { config } = props;
    const parameters = new Parameters(this, 'Parameters');
    const installId = Fn.select(2, Fn.split('/', Aws.STACK_ID));

    const storage = new Storage(this, 'Storage', config);
    const jobs = new JobQueue(this, 'JobQueue');
    const e2bSecret = new Secret(this, 'E2bKey', { description: 'API key of the sandbox provider, as plain text' });
    // Empty until somebody puts a key there: a generated password would be refused by the provider, which says less.
    (e2bSecret.node.defaultChild as CfnSecret).addPropertyDeletionOverride('GenerateSecretString');
    const modelKeys = new Secret(this, 'ModelKeys', {
      description: 'JSON: name of a key in the provider table → API key',
      // No secret: Bedrock by the gateway's role needs no key.
      secretStringValue: SecretValue.unsafePlainText('{}'),
    });

    const http = new HttpApi(this, 'HttpApi', config);
    const liveApi = new LiveApi(this, 'LiveApi');
    const functions = new Functions(this, 'Functions', {
      config,
      settings: settings(config, parameters, {
        installId,
        coreTable: storage.core.tableName,
        connectionsTable: storage.connections.tableName,
        artifactsBucket: storage.artifacts.bucketName,
        queueUrl: jobs.queue.queueUrl,
        stateMachineArn: Lazy.string({ produce: () => workflow.machine.stateMachineArn }),
        apiUrl: http.url,
        gatewayUrl: Lazy.string({ produce: () => gatewayUrl.url }),
        socketUrl: liveApi.stage.callbackUrl,
        e2bSecret: e2bSecret.secretArn,
        modelKeysSecret: modelKeys.secretArn,
      }),
    });
    const fn = (name: ServiceFunctionName) => functions.get(name).function;
    const gatewayUrl: lambda.FunctionUrl = fn('ModelGateway').addFunctionUrl({
      authType: lambda.FunctionUrlAuthType.NONE,
      invokeMode: lambda.InvokeMode.BUFFERED,
    });
    const workflow: Workflow = new Workflow(this, 'Workflow', {
      logRetentionDays: config.logRetentionDays,
      steps: {
        createSandbox: fn('CreateSandbox'),
        runAgent: fn('RunAgent'),
        collect: fn('Collect'),
        endAttempt: fn('EndAttempt'),
        judge: fn('Judge'),
        finish: fn('Finish'),
        cleanup: fn('Cleanup'),
      },
    });

    http.serve(
      { api: fn('Api'), callbacks: fn('Callbacks') },
      new Identity(this, 'Identity', { parameters }).authorizer,
    );
    liveApi.serve({ authorizer: fn('SocketAuthorizer'), socket: fn('Socket') });
    fn('Dispatch').addEventSource(
      new SqsEventSource(jobs.queue, { batchSize: 5, reportBatchItemFailures: true, maxConcurrency: 10 }),
    );
    new Schedule(this, 'EveryMinute', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      // The next minute sweeps what this one could not.
      target: new LambdaInvoke(fn('Sweep'), { retryAttempts: 0, maxEventAge: Duration.minutes(1) }),
    });
    new events.Rule(this, 'WorkflowDied', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [workflow.machine.stateMachineArn], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
      },
      targets: [new LambdaFunction(fn('ExecutionEnded'), { deadLetterQueue: jobs.deadLetters, retryAttempts: 10 })],
    });
    const connections = (method: string) =>
      this.formatArn({
        service: 'execute-api',
        resource: liveApi.api.apiId,
        resourceName: `${liveApi.stage.stageName}/${method}/@connections/*`,
      });
    this.grant(functions, {
      core: [storage.core.tableArn, `${storage.core.tableArn}/index/*`],
      connections: [storage.connections.tableArn],
      artifacts: [storage.artifacts.arnForObjects('*')],
      bucket: [storage.artifacts.bucketArn],
      queue: [jobs.queue.queueArn],
      machine: [workflow.machine.stateMachineArn],
      executions: [
        Arn.format(
          {
            service: 'states',
            resource: 'execution',
            resourceName: `${workflow.machine.stateMachineName}:*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          },
          this,
        ),
      ],
      taskTokens: ['*'],
      sockets: [connections('POST')],
      socketsToClose: [connections('DELETE')],
      e2bSecret: [e2bSecret.secretArn],
      modelKeysSecret: [modelKeys.secretArn],
      bedrock: bedrockModels,
    });
    new Watch(this, 'Watch', {
      config,
      watched: {
        env: installId,
        functions: functions.byName(),
        machine: workflow.machine,
        jobs: jobs.queue,
        deadLetters: jobs.deadLetters,
      },
    });
    new CfnOutput(this, 'GatewayUrl', {
      value: gatewayUrl.url,
      description: 'Model gateway; sandboxes call it with their own tokens',
    });
    new CfnOutput(this, 'ArtifactsBucket', { value: storage.artifacts.bucketName });
    new CfnOutput(this, 'E2bKeySecret', { value: e2bSecret.secretName, description: 'Takes the key of e2b, as text' });
    new CfnOutput(this, 'ModelKeysSecret', {
      value: modelKeys.secretName,
      description: 'Takes {"<provider>": "<key>"}',
    });
  }

  /** Policies of their own beside the roles: a machine that invokes a function whose policy names the machine would be a cycle. */
  private grant(functions: Functions, resources: Record<Target, string[]>): void {
    for (const [name, targets] of Object.entries(permissions) as Array<
      [ServiceFunctionName, Partial<Record<Target, string[]>>]
    >) {
      const statements = (Object.entries(targets) as Array<[Target, string[]]>).map(
        ([target, actions]) =>
          new iam.PolicyStatement({
            sid: target.charAt(0).toUpperCase() + target.slice(1),
            actions,
            resources: resources[target],
          }),
      );
      const role = functions.get(name).function.role;
      if (role) new iam.Policy(this, `${name}Policy`, { statements, roles: [role] });
    }
  }
}
