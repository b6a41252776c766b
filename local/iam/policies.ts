import type { Assembly, Json, JsonObject, Resource } from '#local/parts';
import { parsePolicy, type Statement } from './statement.ts';

/** All statements of a template, by whom or what they are attached to. */
export interface Policies {
  /** By role ARN. */
  identity: Map<string, Statement[]>;
  /** By the ARN of the function, queue or bucket. */
  resource: Map<string, Statement[]>;
}

/** AWS managed policies have no text in the template. What is not here stops the start. */
const MANAGED: Record<string, JsonObject> = {
  'service-role/AWSLambdaBasicExecutionRole': {
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: '*',
      },
    ],
  },
  // For API Gateway's own access logs, which this machine does not write through the API.
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': { Statement: [] },
};

/** @throws Error on a policy that this stack cannot evaluate. */
export function collectPolicies(assembly: Assembly): Policies {
  const identity = new Map<string, Statement[]>();
  const resource = new Map<string, Statement[]>();
  for (const role of assembly.byType('AWS::IAM::Role')) identity.set(role.arn, ownPolicies(role));
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
    for (const policy of assembly.byType(type)) {
      const statements = parsePolicy(policy.properties.PolicyDocument, policy.logicalId);
      const byReference = assembly
        .byType('AWS::IAM::Role')
        .filter((role) => policy.arn !== '' && list(role.properties.ManagedPolicyArns).includes(policy.arn));
      const roles = list(policy.properties.Roles).map((name) => assembly.find('AWS::IAM::Role', String(name)));
      for (const { arn } of new Set([...roles, ...byReference])) add(identity, arn, statements);
    }
  }
  for (const permission of assembly.byType('AWS::Lambda::Permission')) {
    const target = assembly.find('AWS::Lambda::Function', String(permission.properties.FunctionName));
    add(resource, target.arn, [permissionStatement(permission, target)]);
  }
  for (const policy of assembly.byType('AWS::SQS::QueuePolicy')) {
    for (const queue of list(policy.properties.Queues)) {
      const { arn } = assembly.find('AWS::SQS::Queue', String(queue));
      add(resource, arn, parsePolicy(policy.properties.PolicyDocument, policy.logicalId));
    }
  }
  for (const policy of assembly.byType('AWS::S3::BucketPolicy')) {
    const { arn } = assembly.find('AWS::S3::Bucket', String(policy.properties.Bucket));
    add(resource, arn, parsePolicy(policy.properties.PolicyDocument, policy.logicalId));
  }
  return { identity, resource };
}

function ownPolicies(role: Resource): Statement[] {
  if (role.properties.PermissionsBoundary) {
    throw new Error(`${role.logicalId}: permissions boundaries are not evaluated here`);
  }
  const managed = list(role.properties.ManagedPolicyArns).flatMap((arn) => {
    const name = /^arn:aws:iam::aws:policy\/(.+)$/.exec(String(arn))?.[1];
    if (!name) return []; // a policy of this template: it comes by its own resource
    const document = MANAGED[name];
    if (!document) throw new Error(`${role.logicalId}: the text of the managed policy ${name} is not supplied here`);
    return parsePolicy(document, name, true);
  });
  const inline = list(role.properties.Policies).flatMap((policy) => {
    const { PolicyName, PolicyDocument } = policy as JsonObject;
    return parsePolicy(PolicyDocument, `${role.logicalId}/${String(PolicyName)}`);
  });
  return [...managed, ...inline];
}

const PERMISSION_KEYS = new Set(
  'Action FunctionName FunctionUrlAuthType InvokedViaFunctionUrl Principal SourceAccount SourceArn'.split(' '),
);

/** `AWS::Lambda::Permission` is a statement in other words: the function's resource policy has one for each. */
function permissionStatement(permission: Resource, target: Resource): Statement {
  const { Action, Principal, SourceArn, SourceAccount, FunctionUrlAuthType, InvokedViaFunctionUrl, ...others } =
    permission.properties;
  const other = Object.keys(others).find((key) => !PERMISSION_KEYS.has(key));
  if (other) throw new Error(`${permission.logicalId}: ${other} of a permission is not evaluated here`);
  const principal = String(Principal);
  const isService = principal.endsWith('.amazonaws.com');
  const Condition = {
    ...(SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }),
    ...(InvokedViaFunctionUrl !== undefined && { Bool: { 'lambda:InvokedViaFunctionUrl': InvokedViaFunctionUrl } }),
    ...((SourceAccount || FunctionUrlAuthType) && {
      StringEquals: {
        ...(SourceAccount && { 'aws:SourceAccount': SourceAccount }),
        ...(FunctionUrlAuthType && { 'lambda:FunctionUrlAuthType': FunctionUrlAuthType }),
      },
    }),
  };
  const statement = {
    Effect: 'Allow',
    Action,
    Resource: target.arn,
    Principal: principal === '*' ? '*' : { [isService ? 'Service' : 'AWS']: principal },
    Condition,
  };
  const [parsed] = parsePolicy({ Statement: [statement] }, permission.logicalId);
  return parsed as Statement;
}

function list(value: Json | undefined): Json[] {
  return value === undefined || value === null ? [] : [value].flat();
}

function add(map: Map<string, Statement[]>, arn: string, statements: Statement[]): void {
  map.set(arn, [...(map.get(arn) ?? []), ...statements]);
}
