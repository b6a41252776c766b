import { CfnElement, type Stack, Validations } from 'aws-cdk-lib';
import { CfnApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';

/** Findings of the synth-time checks that stay, each with its reason. Anything not listed here fails the synth. */
const accepted: Record<string, string> = {
  'AwsSolutions::AwsSolutions-S1':
    'Access to artifacts is in CloudTrail data events where an account wants it; a log bucket per install is a cost nobody asked for.',
  'AwsSolutions::AwsSolutions-SMG4':
    'Keys of third parties: their owners rotate them; functions read a new value within five minutes.',
  'AwsSolutions::AwsSolutions-APIG4':
    'Runner callbacks carry an attempt token that the function checks; socket routes after $connect belong to an authorized connection.',
  'AwsSolutions::AwsSolutions-APIG1': 'The socket has no access log: its query string carries the one-time ticket.',
  'Serverless::Serverless-APIGWAccessLogging':
    'The socket has no access log: its query string carries the one-time ticket.',
  'Serverless::Serverless-APIGWStructuredLogging':
    'The access log of the HTTP API is JSON; the socket has none: its query string carries the one-time ticket.',
  'AwsSolutions::AwsSolutions-SF1':
    'Errors are logged; every transition is in the job row, the event log and the execution history already.',
  'AwsSolutions::AwsSolutions-COG2':
    'Whether users need a second factor is the choice of the installation; its own issuer replaces this pool.',
  'AwsSolutions::AwsSolutions-COG8': 'The plus tier costs per user; installations with needs bring their own issuer.',
  'Serverless::Serverless-LambdaDLQ':
    'Failures are answered to the caller (API, workflow), kept by the queue with dead letters, or made good by the sweep of the next minutes: the rule’s function finds nothing that the sweeper would not.',
  'Serverless::Serverless-LambdaTracing':
    'job_id runs through every log line; tracing is a setting per function for installations that want to pay for it.',
  'Serverless::Serverless-LambdaEventSourceMappingDestination':
    'The queue has its own dead-letter queue; stream destinations do not apply.',
  'Serverless::Serverless-SQSRedrivePolicy': 'It is the dead-letter queue.',
};

/** Wildcards that are as narrow as they can be, by the resource whose parts they name. */
type Wildcard = [(element: CfnElement) => boolean, (id: string) => string, string];

const wildcards: readonly Wildcard[] = [
  [(element) => element instanceof CfnFunction, (id) => `<${id}.Arn>:*`, 'Versions and aliases of one function.'],
  [(element) => element instanceof CfnGlobalTable, (id) => `<${id}.Arn>/index/*`, 'Indexes of one table.'],
  [(element) => element instanceof CfnBucket, (id) => `<${id}.Arn>/*`, 'Objects of one bucket.'],
  [
    (element) => element instanceof CfnStateMachine,
    (id) => `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${id}.Name>:*`,
    'Executions of one machine.',
  ],
  ...['POST', 'DELETE'].map(
    (method): Wildcard => [
      (element) => element instanceof CfnApi,
      (id) => `arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<${id}>/ws/${method}/@connections/*`,
      'Connections of one API.',
    ],
  ),
];

export function acknowledgeFindings(stack: Stack): void {
  const acknowledge = (id: string, reason: string) => Validations.of(stack).acknowledge({ id, reason });
  for (const [id, reason] of Object.entries(accepted)) acknowledge(id, reason);
  for (const models of [':foundation-model/*', '<AWS::AccountId>:inference-profile/*'])
    acknowledge(
      `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*:${models}]`,
      'Models are allowed in Bedrock itself.',
    );
  acknowledge('AwsSolutions::AwsSolutions-IAM5[Resource::*]', 'SendTask*, X-Ray and log delivery take no resource.');
  for (const element of stack.node.findAll().filter(CfnElement.isCfnElement)) {
    for (const [applies, resource, reason] of wildcards) {
      if (applies(element))
        acknowledge(`AwsSolutions::AwsSolutions-IAM5[Resource::${resource(stack.resolve(element.logicalId))}]`, reason);
    }
  }
}
