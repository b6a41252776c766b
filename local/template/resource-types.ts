import { REGION } from '#local/parts';
import {
  apiHost,
  apiId,
  arn,
  digest,
  distributionHost,
  functionArnOf,
  iam,
  machineOfVersion,
  type Naming,
  queueUrl,
  type Say,
  theArn,
  theId,
  theName,
} from './resource-naming.ts';

/**
 * How the laptop treats a type: `run` has a part that acts on it; `used` is read by the part of another type; `ignored`
 * has no effect here, for the reason given; `refused` stops the start, with the reason as advice.
 */
export interface ResourceType {
  role: 'run' | 'used' | 'ignored' | 'refused';
  /** Who uses it, or why it may be ignored. */
  why?: string;
  /** The property that gives the physical name. */
  nameProperty?: string;
  /** The physical name where the template gives none; `<stack>-<logicalId>` if absent. */
  defaultName?: (stackName: string, logicalId: string) => string;
  arn?: Say;
  /** What Ref answers: the physical name unless said. */
  ref?: Say;
  /** What Fn::GetAtt answers; any attribute not listed, or without an answer, is an error. */
  attributes?: Record<string, (naming: Naming) => string | undefined>;
}

const site = "the stack's web listener serves the site and both APIs at one origin";
const watch = 'log files and the metric store stand in for CloudWatch';
const mail = 'only alarms publish to it, and here they are asked instead';
const pool = 'there is no user pool on the laptop: name an issuer by the parameter that the condition asks for';
const table = runs('TableName', 'dynamodb', ({ name }) => `table/${name}`);

const alarm = (role: 'used' | 'ignored', why: string): ResourceType => ({
  role,
  why,
  nameProperty: 'AlarmName',
  arn: arn('cloudwatch', ({ name }) => `alarm:${name}`),
  attributes: { Arn: theArn },
});

/** Every type a template may hold. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ */
export const RESOURCE_TYPES: Record<string, ResourceType> = {
  'AWS::Lambda::Function': runs('FunctionName', 'lambda', ({ name }) => `function:${name}`),
  'AWS::Lambda::Url': {
    role: 'run',
    arn: ({ text }) => functionArnOf(text('TargetFunctionArn')),
    ref: theArn,
    attributes: {
      FunctionUrl: ({ addresses, logicalId }) => {
        const address = addresses.functionUrls[logicalId];
        return address && `${address}/`;
      },
      FunctionArn: theArn,
    },
  },
  'AWS::Lambda::EventSourceMapping': { role: 'run', ref: theId, attributes: { Id: theId } },
  'AWS::Lambda::Permission': { role: 'used', why: 'IAM, as resource policies' },
  'AWS::Lambda::Version': {
    role: 'used',
    why: 'leads to its function: the laptop has one version',
    arn: ({ text }) => `${functionArnOf(text('FunctionName'))}:1`,
    ref: theArn,
    attributes: { Version: () => '1', FunctionArn: theArn },
  },
  'AWS::Lambda::Alias': {
    role: 'used',
    why: 'leads to its function: the laptop has one version',
    nameProperty: 'Name',
    arn: ({ name, text }) => `${functionArnOf(text('FunctionName'))}:${name}`,
    ref: theArn,
    attributes: { AliasArn: theArn },
  },
  'AWS::ApiGatewayV2::Api': {
    role: 'run',
    defaultName: apiId,
    arn: ({ name }) => `arn:aws:apigateway:${REGION}::/apis/${name}`,
    attributes: {
      ApiId: theName,
      ApiEndpoint: ({ name, text }) => `${text('ProtocolType') === 'WEBSOCKET' ? 'wss' : 'https'}://${apiHost(name)}`,
    },
  },
  'AWS::ApiGatewayV2::Stage': { role: 'run', nameProperty: 'StageName' },
  'AWS::ApiGatewayV2::Route': { role: 'run', ref: theId, attributes: { RouteId: theId } },
  'AWS::ApiGatewayV2::RouteResponse': { role: 'run', ref: theId },
  'AWS::ApiGatewayV2::Integration': { role: 'run', ref: theId, attributes: { IntegrationId: theId } },
  'AWS::ApiGatewayV2::Authorizer': { role: 'run', defaultName: apiId, attributes: { AuthorizerId: theName } },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': {
    role: 'run',
    nameProperty: 'QueueName',
    arn: arn('sqs', theName),
    ref: queueUrl,
    attributes: { Arn: theArn, QueueName: theName, QueueUrl: queueUrl },
  },
  'AWS::SQS::QueuePolicy': { role: 'used', why: 'IAM', ref: theId },
  'AWS::S3::Bucket': {
    role: 'run',
    nameProperty: 'BucketName',
    defaultName: (stackName, logicalId) => `${stackName}-${logicalId}`.toLowerCase(),
    arn: ({ name }) => `arn:aws:s3:::${name}`,
    attributes: {
      Arn: theArn,
      DomainName: ({ name }) => `${name}.s3.amazonaws.com`,
      RegionalDomainName: ({ name }) => `${name}.s3.${REGION}.amazonaws.com`,
    },
  },
  'AWS::S3::BucketPolicy': { role: 'used', why: 'IAM', ref: theId },
  'AWS::KMS::Key': {
    role: 'used',
    why: 'IAM; data on the laptop is not encrypted by it',
    arn: arn('kms', ({ name }) => `key/${name}`),
    attributes: { Arn: theArn, KeyId: theName },
  },
  'AWS::StepFunctions::StateMachine': {
    role: 'run',
    nameProperty: 'StateMachineName',
    arn: arn('states', ({ name }) => `stateMachine:${name}`),
    ref: theArn,
    attributes: { Arn: theArn, Name: theName, StateMachineRevisionId: () => 'INITIAL' },
  },
  'AWS::StepFunctions::StateMachineVersion': {
    role: 'used',
    why: 'leads to its machine: the laptop has one version',
    arn: ({ text }) => `${text('StateMachineArn')}:1`,
    ref: theArn,
    attributes: { Arn: theArn },
  },
  'AWS::StepFunctions::StateMachineAlias': {
    role: 'used',
    why: 'leads to its machine: the laptop has one version',
    nameProperty: 'Name',
    arn: ({ name, text }) => {
      const routed = text('RoutingConfiguration', 0, 'StateMachineVersionArn');
      return `${machineOfVersion(routed || text('DeploymentPreference', 'StateMachineVersionArn'))}:${name}`;
    },
    ref: theArn,
    attributes: { Arn: theArn },
  },
  'AWS::Scheduler::Schedule': runs('Name', 'scheduler', ({ name, text }) => {
    return `schedule/${text('GroupName') || 'default'}/${name}`;
  }),
  'AWS::Scheduler::ScheduleGroup': {
    role: 'used',
    why: 'the name is part of the ARN of its schedules',
    nameProperty: 'Name',
    arn: arn('scheduler', ({ name }) => `schedule-group/${name}`),
    attributes: { Arn: theArn },
  },
  'AWS::Events::Rule': runs('Name', 'events', ({ name }) => `rule/${name}`),
  'AWS::SecretsManager::Secret': {
    role: 'run',
    nameProperty: 'Name',
    // Six characters follow the name on AWS too, and CDK's grants by name count on them (`-??????`).
    arn: arn('secretsmanager', ({ name }) => `secret:${name}-${digest(name, 6)}`),
    ref: theArn,
    attributes: { Id: theArn },
  },
  'AWS::SecretsManager::ResourcePolicy': { role: 'used', why: 'IAM', ref: theId },
  'AWS::SSM::Parameter': {
    role: 'run',
    nameProperty: 'Name',
    arn: arn('ssm', ({ name }) => `parameter/${name.replace(/^\//, '')}`),
    attributes: { Type: ({ text }) => text('Type'), Value: ({ text }) => text('Value') },
  },
  'AWS::IAM::Role': {
    role: 'used',
    why: 'IAM',
    nameProperty: 'RoleName',
    arn: iam('role'),
    attributes: { Arn: theArn, RoleId: theId },
  },
  'AWS::IAM::Policy': { role: 'used', why: 'IAM', nameProperty: 'PolicyName' },
  'AWS::IAM::ManagedPolicy': {
    role: 'used',
    why: 'IAM',
    nameProperty: 'ManagedPolicyName',
    arn: iam('policy'),
    ref: theArn,
    attributes: { PolicyArn: theArn },
  },
  'AWS::Logs::LogGroup': {
    role: 'used',
    why: 'names the log file; retention does not matter here',
    nameProperty: 'LogGroupName',
    arn: arn('logs', ({ name }) => `log-group:${name}:*`),
    attributes: { Arn: theArn },
  },
  ...ignored(watch, 'AWS::Logs::MetricFilter', 'AWS::Logs::QueryDefinition', 'AWS::Logs::ResourcePolicy'),
  ...ignored(watch, 'AWS::CloudWatch::Dashboard', 'AWS::ApiGateway::Account'),
  'AWS::CloudWatch::Alarm': alarm('used', 'evaluated on the metric store when somebody asks'),
  'AWS::CloudWatch::CompositeAlarm': alarm('ignored', watch),
  'AWS::SNS::Topic': {
    role: 'ignored',
    why: mail,
    nameProperty: 'TopicName',
    arn: arn('sns', theName),
    ref: theArn,
    attributes: { TopicArn: theArn, TopicName: theName },
  },
  ...ignored(mail, 'AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription'),
  ...ignored('the ledger knows what a run would have cost', 'AWS::Budgets::Budget'),
  ...ignored('usage statistics of the CDK', 'AWS::CDK::Metadata'),
  ...ignored('routes act as soon as they are read', 'AWS::ApiGatewayV2::Deployment'),
  ...ignored('nothing here invokes asynchronously with retries', 'AWS::Lambda::EventInvokeConfig'),
  ...ignored('a function that names a layer refuses to run', 'AWS::Lambda::LayerVersion'),
  ...ignored('keys are found by ARN', 'AWS::KMS::Alias'),
  'AWS::CloudFront::Distribution': {
    role: 'ignored',
    why: site,
    attributes: { Id: theName, DomainName: ({ name }) => distributionHost(name) },
  },
  ...ignored(site, 'AWS::CloudFront::OriginAccessControl', 'AWS::CloudFront::Function', 'AWS::CloudFront::CachePolicy'),
  ...ignored(site, 'AWS::CloudFront::OriginRequestPolicy', 'AWS::CloudFront::ResponseHeadersPolicy'),
  ...ignored(site, 'Custom::CDKBucketDeployment'),
  ...ignored('data is deleted with the state folder', 'Custom::S3AutoDeleteObjects'),
  ...refused(pool, 'AWS::Cognito::UserPool', 'AWS::Cognito::UserPoolClient', 'AWS::Cognito::UserPoolDomain'),
  ...refused(pool, 'AWS::Cognito::UserPoolGroup', 'AWS::Cognito::UserPoolResourceServer'),
};

/** Types without effect that others at most name. */
function ignored(why: string, ...types: string[]): Record<string, ResourceType> {
  const type: ResourceType = { role: 'ignored', why, attributes: { Id: theName, FunctionARN: theName } };
  return Object.fromEntries(types.map((name) => [name, type]));
}

function refused(why: string, ...types: string[]): Record<string, ResourceType> {
  return Object.fromEntries(types.map((name) => [name, { role: 'refused', why }]));
}

/** A type that a part of the stack acts on, called by its name or ARN. */
function runs(nameProperty: string, service: string, resource: Say): ResourceType {
  return { role: 'run', nameProperty, arn: arn(service, resource), attributes: { Arn: theArn } };
}
