import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnUserPool } from 'aws-cdk-lib/aws-cognito';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { CfnAlias, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import {
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  DefinitionBody,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke as InvokeState } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { CfnCondition, CfnOutput, CfnParameter, Duration, Fn, type Stack, Token } from 'aws-cdk-lib/core';

import { aFunction } from '#test/local/template/synth';

/** A stack with one of every kind that the laptop runs, as CDK's own constructs write them. */
export function wideStack(stack: Stack, folder: string): void {
  const { issuer } = ownIssuer(stack);
  const table = new TableV2(stack, 'Core', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    globalSecondaryIndexes: [{ indexName: 'bySession', partitionKey: { name: 'g', type: AttributeType.STRING } }],
  });
  const dead = new Queue(stack, 'Dead');
  const queue = new Queue(stack, 'Jobs', { deadLetterQueue: { queue: dead, maxReceiveCount: 3 }, enforceSSL: true });
  const bucket = new Bucket(stack, 'Artifacts', { enforceSSL: true });
  const secret = new Secret(stack, 'ModelKey');
  const parameter = new StringParameter(stack, 'Setting', {
    parameterName: `/${stack.stackName}/setting`,
    stringValue: 'x',
  });
  const worker = aFunction(stack, folder, 'Worker', 'export const handler = async () => 1;', {
    logGroup: new LogGroup(stack, 'WorkerLog'),
    timeout: Duration.seconds(10),
    environment: {
      TABLE: table.tableName,
      QUEUE_URL: queue.queueUrl,
      SECRET: secret.secretName,
      ISSUER: issuer,
      SETTING: parameter.stringValue,
    },
  });
  table.grantReadWriteData(worker);
  bucket.grantRead(worker);
  secret.grantRead(worker);
  worker.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true }));
  const url = worker.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  new CfnOutput(stack, 'UrlHost', { value: Fn.select(2, Fn.split('/', url.url)) });

  const { functionName } = worker;
  new CfnAlias(stack, 'Live', { functionName, functionVersion: worker.currentVersion.version, name: 'live' });
  const definition = InvokeState.jsonata(stack, 'Work', { lambdaFunction: worker });
  const machine = new StateMachine(stack, 'Machine', { definitionBody: DefinitionBody.fromChainable(definition) });
  const version = new CfnStateMachineVersion(stack, 'MachineVersion', { stateMachineArn: machine.stateMachineArn });
  new CfnStateMachineAlias(stack, 'MachineAlias', {
    name: 'live',
    routingConfiguration: [{ stateMachineVersionArn: version.ref, weight: 100 }],
  });
  new StateMachine(stack, 'Substituted', {
    definitionBody: DefinitionBody.fromString(
      `{"StartAt":"A","States":{"A":{"Type":"Pass","Output":"\${What}","End":true}}}`,
    ),
    definitionSubstitutions: { What: queue.queueArn },
  });
  new Schedule(stack, 'Sweep', {
    schedule: ScheduleExpression.rate(Duration.minutes(1)),
    target: new LambdaInvoke(worker, { input: ScheduleTargetInput.fromObject({ sweep: true }) }),
  });
  const pattern = { source: ['aws.states'], detail: { stateMachineArn: [machine.stateMachineArn] } };
  new Rule(stack, 'Failed', { eventPattern: pattern, targets: [new SqsQueue(queue)] });
  new Dashboard(stack, 'Board');
  const site = new Distribution(stack, 'Site', { defaultBehavior: { origin: new HttpOrigin('example.com') } });
  new CfnOutput(stack, 'SiteUrl', { value: `https://${site.distributionDomainName}/chat` });
  new CfnOutput(stack, 'QueueUrl', { value: queue.queueUrl });
}

/** A user pool that is made only where the parameter names no issuer. */
function ownIssuer(stack: Stack) {
  const parameter = new CfnParameter(stack, 'OidcIssuer', { default: '', type: 'String' });
  const isOwn = new CfnCondition(stack, 'OwnIssuer', { expression: Fn.conditionEquals(parameter.valueAsString, '') });
  const pool = new CfnUserPool(stack, 'Pool');
  pool.cfnOptions.condition = isOwn;
  const given = Fn.conditionNot(Fn.conditionOr(isOwn, Fn.conditionEquals(parameter.valueAsString, 'none')));
  const note = new CfnOutput(stack, 'GivenIssuer', { value: parameter.valueAsString });
  note.condition = new CfnCondition(stack, 'Given', { expression: given });
  const output = new CfnOutput(stack, 'PoolId', { value: pool.ref });
  output.condition = isOwn;
  return { issuer: Token.asString(Fn.conditionIf('OwnIssuer', pool.attrProviderUrl, parameter.valueAsString)) };
}
