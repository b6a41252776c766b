import { describe, expect, it } from 'vitest';
import { createIam } from '#local/iam/iam';
import type { AccessRequest } from '#local/parts';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';

const role = arnOf('AWS::IAM::Role', 'Api');
const table = arnOf('AWS::DynamoDB::GlobalTable', 'Core');
const queue = arnOf('AWS::SQS::Queue', 'Jobs');
const bucket = arnOf('AWS::S3::Bucket', 'Artifacts');
const machine = arnOf('AWS::StepFunctions::StateMachine', 'Solve');
const solver = arnOf('AWS::Lambda::Function', 'Solver');

function iamWith(statements: object[], others: Parameters<typeof anAssembly>[0] = {}) {
  return createIam(
    anAssembly({
      ...aRole('Api', statements),
      Jobs: { type: 'AWS::SQS::Queue' },
      Artifacts: { type: 'AWS::S3::Bucket' },
      Solver: { type: 'AWS::Lambda::Function' },
      ...others,
    }),
  );
}

function asked(action: string, resource: string, context?: AccessRequest['context'], principal = role): AccessRequest {
  return { principal, action, resource, ...(context && { context }) };
}

describe('identity policies', () => {
  it('deny by default, in the words of AWS', () => {
    const iam = iamWith([allow('dynamodb:GetItem', table)]);

    expect(() => iam.authorize(asked('dynamodb:GetItem', table))).not.toThrow();
    expect(() => iam.authorize(asked('dynamodb:PutItem', table))).toThrow(
      `User: arn:aws:sts::000000000000:assumed-role/test-Api/local is not authorized to perform: dynamodb:PutItem on resource: ${table} because no identity-based policy allows the dynamodb:PutItem action`,
    );
  });

  it.each([
    ['a wildcard action', allow('dynamodb:*', table), 'dynamodb:Query', table, true],
    ['any case of an action', allow('DynamoDB:getitem', table), 'dynamodb:GetItem', table, true],
    ['a wildcard resource', allow('dynamodb:Query', `${table}/index/*`), 'dynamodb:Query', `${table}/index/a`, true],
    ['no index by its table', allow('dynamodb:Query', table), 'dynamodb:Query', `${table}/index/a`, false],
    [
      'NotAction',
      { Effect: 'Allow', NotAction: 'dynamodb:Delete*', Resource: '*' },
      'dynamodb:DeleteItem',
      table,
      false,
    ],
    ['NotResource', { Effect: 'Allow', Action: '*', NotResource: queue }, 'sqs:SendMessage', queue, false],
    ['SendTask* with any resource', allow('states:SendTaskSuccess', machine), 'states:SendTaskSuccess', '*', true],
  ])('honour %s', (_, statement, action, resource, expected) => {
    const iam = iamWith([statement]);

    const attempt = () => iam.authorize(asked(action, resource));

    if (expected) expect(attempt).not.toThrow();
    else expect(attempt).toThrow('is not authorized');
  });

  it('let an explicit deny win', () => {
    const iam = iamWith([allow('sqs:*', '*'), { Effect: 'Deny', Action: 'sqs:PurgeQueue', Resource: '*' }]);

    expect(() => iam.authorize(asked('sqs:PurgeQueue', queue))).toThrow('with an explicit deny in an identity-based');
  });

  it('come inline, as managed policies of the template, and as AWS wrote them', () => {
    const iam = createIam(
      anAssembly({
        Api: {
          type: 'AWS::IAM::Role',
          properties: {
            Policies: [{ PolicyName: 'own', PolicyDocument: { Statement: allow('sqs:SendMessage', queue) } }],
            ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
          },
        },
        Shared: {
          type: 'AWS::IAM::ManagedPolicy',
          properties: { Roles: ['test-Api'], PolicyDocument: { Statement: allow('dynamodb:Scan', table) } },
        },
      }),
    );

    for (const [action, resource] of [
      ['sqs:SendMessage', queue],
      ['dynamodb:Scan', table],
      ['logs:PutLogEvents', 'arn:aws:logs:us-east-1:000000000000:log-group:x'],
    ] as const) {
      expect(() => iam.authorize(asked(action, resource))).not.toThrow();
    }
  });
});

describe('conditions', () => {
  const leading = (operator: string, values: string[]) => [
    allow('dynamodb:Query', table, { [operator]: { 'dynamodb:LeadingKeys': values } }),
  ];

  it.each([
    ['ForAllValues:StringLike', ['J#a#*'], ['J#a#1', 'J#a#2'], true],
    ['ForAllValues:StringLike', ['J#a#*'], ['J#a#1', 'J#b#2'], false],
    ['ForAllValues:StringLike', ['J#a#*'], undefined, true],
    ['ForAnyValue:StringEquals', ['x', 'y'], ['q', 'y'], true],
    ['ForAnyValue:StringEquals', ['x', 'y'], ['q'], false],
    ['ForAnyValue:StringLike', ['x*'], undefined, false],
    ['StringNotEquals', ['x'], ['y'], true],
    ['StringNotEquals', ['x'], ['x'], false],
    ['StringNotEquals', ['x'], undefined, true],
    ['StringEquals', ['x'], undefined, false],
    ['StringEqualsIfExists', ['x'], undefined, true],
    ['StringNotLike', ['J#*'], ['S#1'], true],
    ['Null', ['true'], undefined, true],
    ['Null', ['false'], ['a'], true],
    ['Null', ['false'], undefined, false],
  ])('%s %j against %j is %s', (operator, values, given, expected) => {
    const iam = iamWith(leading(operator, values));

    const attempt = () => iam.authorize(asked('dynamodb:Query', table, given && { 'dynamodb:LeadingKeys': given }));

    if (expected) expect(attempt).not.toThrow();
    else expect(attempt).toThrow('is not authorized');
  });

  it('are part of what is remembered about a decision', () => {
    const iam = iamWith(leading('ForAllValues:StringEquals', ['mine']));

    expect(() => iam.authorize(asked('dynamodb:Query', table, { 'dynamodb:LeadingKeys': ['mine'] }))).not.toThrow();
    expect(() => iam.authorize(asked('dynamodb:Query', table, { 'dynamodb:LeadingKeys': ['yours'] }))).toThrow();
  });

  it('compare numbers as numbers', () => {
    const iam = iamWith([allow('s3:PutObject', '*', { NumericLessThan: { 's3:signatureAge': '600000' } })]);

    expect(() => iam.authorize(asked('s3:PutObject', `${bucket}/k`, { 's3:signatureAge': '9000' }))).not.toThrow();
    expect(() => iam.authorize(asked('s3:PutObject', `${bucket}/k`, { 's3:signatureAge': '1000000' }))).toThrow();
  });
});

describe('resource policies', () => {
  const anyone = { AWS: '*' };
  const overTls = { Bool: { 'aws:SecureTransport': 'false' } };
  const rule = arnOf('AWS::Events::Rule', 'Ended');

  it('of a function let in the service they name, from the source they name', () => {
    const iam = iamWith([], {
      Permission: {
        type: 'AWS::Lambda::Permission',
        properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: solver,
          Principal: 'events.amazonaws.com',
          SourceArn: rule,
        },
      },
    });
    const from = (arn: string) =>
      asked('lambda:InvokeFunction', solver, { 'aws:SourceArn': arn }, 'events.amazonaws.com');

    expect(() => iam.authorize(from(rule))).not.toThrow();
    expect(() => iam.authorize(from(`${rule}-other`))).toThrow('because no resource-based policy allows');
  });

  it('of a function URL let in everyone, through the URL only', () => {
    const permission = (properties: object) => ({
      type: 'AWS::Lambda::Permission',
      properties: { FunctionName: solver, Principal: '*', ...properties },
    });
    const iam = iamWith([], {
      Url: permission({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
      Function: permission({ Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }),
    });
    const type = { 'lambda:FunctionUrlAuthType': 'NONE' };
    const via = { 'lambda:InvokedViaFunctionUrl': 'true' };

    expect(() => iam.authorize(asked('lambda:InvokeFunctionUrl', solver, type, '*'))).not.toThrow();
    expect(() => iam.authorize(asked('lambda:InvokeFunction', solver, via, '*'))).not.toThrow();
    expect(() => iam.authorize(asked('lambda:InvokeFunction', solver, {}, '*'))).toThrow('is not authorized');
    expect(() => iam.authorize(asked('lambda:InvokeFunction', solver, {}, 'events.amazonaws.com'))).toThrow();
  });

  it('of a queue let a service send, and a bucket that wants TLS is served', () => {
    const iam = iamWith([allow('s3:GetObject', `${bucket}/*`)], {
      QueuePolicy: {
        type: 'AWS::SQS::QueuePolicy',
        properties: {
          Queues: ['http://127.0.0.1:1/000000000000/test-Jobs'],
          PolicyDocument: {
            Statement: [
              { ...allow('sqs:SendMessage', queue), Principal: { Service: 'events.amazonaws.com' } },
              { Effect: 'Deny', Action: 'sqs:*', Resource: queue, Principal: anyone, Condition: overTls },
            ],
          },
        },
      },
      BucketPolicy: {
        type: 'AWS::S3::BucketPolicy',
        properties: {
          Bucket: 'test-artifacts',
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Deny',
                Action: 's3:*',
                Resource: [bucket, `${bucket}/*`],
                Principal: anyone,
                Condition: overTls,
              },
              { Effect: 'Deny', Action: 's3:GetObject', Resource: `${bucket}/secret/*`, Principal: anyone },
            ],
          },
        },
      },
    });

    expect(() => iam.authorize(asked('sqs:SendMessage', queue, {}, 'events.amazonaws.com'))).not.toThrow();
    expect(() => iam.authorize(asked('sqs:SendMessage', queue, {}, 'sns.amazonaws.com'))).toThrow();
    expect(() => iam.authorize(asked('sqs:SendMessage', queue))).toThrow();
    expect(() => iam.authorize(asked('s3:GetObject', `${bucket}/open`))).not.toThrow();
    expect(() => iam.authorize(asked('s3:GetObject', `${bucket}/secret/a`))).toThrow(
      'explicit deny in a resource-based',
    );
  });

  it('that name the account leave the decision to identity policies', () => {
    const root = { AWS: 'arn:aws:iam::000000000000:root' };
    const policy = {
      type: 'AWS::SQS::QueuePolicy',
      properties: {
        Queues: ['test-Jobs'],
        PolicyDocument: { Statement: [{ ...allow('sqs:SendMessage', queue), Principal: root }] },
      },
    };

    expect(() => iamWith([], { QueuePolicy: policy }).authorize(asked('sqs:SendMessage', queue))).toThrow();
  });
});

describe('what it cannot judge stops the start', () => {
  it.each([
    ['an unknown action', allow('dynamodb:PutThing', '*'), 'AWS has no action dynamodb:PutThing'],
    ['an unknown service', allow('dynamo:*', '*'), 'AWS has no action dynamo:*'],
    ['an unknown key', allow('sqs:*', '*', { StringEquals: { 'sqs:Colour': 'x' } }), 'sqs:Colour is unknown to AWS'],
    [
      'a key nobody supplies',
      allow('sqs:*', '*', { StringEquals: { 'aws:PrincipalTag/a': 'x' } }),
      'not supplied here',
    ],
    ['an operator', allow('sqs:*', '*', { IpAddress: { 'aws:SourceIp': '::1' } }), 'operator IpAddress'],
    ['a variable', allow('s3:GetObject', `${bucket}/\${aws:username}/*`), 'policy variables'],
  ])('%s', (_, statement, message) => {
    expect(() => iamWith([statement])).toThrow(message);
  });

  it('a managed policy without text, and a boundary', () => {
    const start = (properties: object) => createIam(anAssembly({ Api: { type: 'AWS::IAM::Role', properties } }));

    expect(() => start({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })).toThrow(
      'AdministratorAccess',
    );
    expect(() => start({ PermissionsBoundary: 'arn:aws:iam::0:policy/b' })).toThrow('boundaries');
  });

  it('a question about an action that AWS does not have', () => {
    expect(() => iamWith([]).authorize(asked('dynamodb:Frobnicate', table))).toThrow('AWS has no action');
  });
});

describe('the report', () => {
  it('lists denials, and actions that nothing has used', () => {
    const iam = iamWith([allow(['sqs:SendMessage', 'sqs:ReceiveMessage'], queue)]);

    iam.authorize(asked('sqs:SendMessage', queue));
    expect(() => iam.authorize(asked('sqs:DeleteMessage', queue))).toThrow();

    expect(iam.report()).toEqual({
      denials: [asked('sqs:DeleteMessage', queue)],
      unusedStatements: ['Api ApiPolicy[0] sqs:ReceiveMessage'],
    });
  });

  it('knows each role by keys of its own, the same for one start', () => {
    const iam = iamWith([]);
    const other = iamWith([]);

    expect(iam.credentialsFor(role)).toEqual(iam.credentialsFor(role));
    expect(iam.credentialsFor(role)).not.toEqual(other.credentialsFor(role));
    expect(() => iam.credentialsFor('arn:aws:iam::000000000000:role/none')).toThrow('no role');
  });
});
