import { ACCOUNT, type Assembly, type JsonObject, REGION, type Resource } from '#local/parts';

/** How AWS shapes the ARNs of what tests declare; types that are not here have none. */
const ARNS: Record<string, (name: string) => string> = {
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  'AWS::IAM::ManagedPolicy': (name) => `arn:aws:iam::${ACCOUNT}:policy/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name}`,
  'AWS::DynamoDB::Table': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::DynamoDB::GlobalTable': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::StepFunctions::StateMachine': (name) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${name}`,
  'AWS::SecretsManager::Secret': (name) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-local0`,
  'AWS::SSM::Parameter': (name) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name}`,
  'AWS::Events::Rule': (name) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`,
  'AWS::Scheduler::Schedule': (name) => `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/${name}`,
};

/** Where a resource of `anAssembly` is, for use inside the properties of another one. */
export function arnOf(type: string, logicalId: string): string {
  return ARNS[type]?.(physicalName(type, logicalId)) ?? '';
}

/** An assembly without `cdk synth`: `{LogicalId: {type, properties?, name?}}`, already free of intrinsics. */
export function anAssembly(declared: Record<string, { type: string; properties?: object; name?: string }>): Assembly {
  const resources = new Map<string, Resource>();
  for (const [logicalId, { type, properties = {}, name = physicalName(type, logicalId) }] of Object.entries(declared)) {
    const arn = ARNS[type]?.(name) ?? '';
    resources.set(logicalId, { logicalId, type, name, arn, properties: properties as JsonObject });
  }
  const byType = (type: string) => [...resources.values()].filter((resource) => resource.type === type);
  return {
    stackName: 'test',
    resources,
    outputs: {},
    byType,
    find(type, wanted) {
      const found = byType(type).find(
        ({ name, arn }) =>
          name === wanted || arn === wanted || wanted.startsWith(`${arn}:`) || wanted.endsWith(`/${name}`),
      );
      if (!found) throw new Error(`the template has no ${type} ${wanted}`);
      return found;
    },
    assetFolder: (key) => {
      throw new Error(`no assets in this assembly (${key})`);
    },
  };
}

/** A role with one policy of the given statements, under the logical ids `<id>` and `<id>Policy`. */
export function aRole(logicalId: string, statements: object[]): Record<string, { type: string; properties: object }> {
  return {
    [logicalId]: { type: 'AWS::IAM::Role', properties: {} },
    [`${logicalId}Policy`]: {
      type: 'AWS::IAM::Policy',
      properties: { Roles: [physicalName('', logicalId)], PolicyDocument: { Statement: statements } },
    },
  };
}

export function allow(actions: string | string[], resource: string | string[], condition?: object): object {
  return { Effect: 'Allow', Action: actions, Resource: resource, ...(condition && { Condition: condition }) };
}

function physicalName(type: string, logicalId: string): string {
  return type === 'AWS::S3::Bucket' ? `test-${logicalId}`.toLowerCase() : `test-${logicalId}`;
}
