import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Assembly, Json, JsonObject } from '#local/parts';
import { outlineAssembly, readAssembly } from '#local/template/assembly';
import { someAddresses, synth, temporaryFolder } from '#test/local/template/synth';
import { wideStack } from '#test/local/template/wide-stack';

const folder = temporaryFolder();
const parameters = { OidcIssuer: 'http://127.0.0.1:5000' };
let cdkOut: string;
let assembly: Assembly;

beforeAll(() => {
  cdkOut = synth(folder.path, (stack) => wideStack(stack, folder.path));
  const [url = ''] = outlineAssembly(cdkOut).functionUrlIds;
  const addresses = someAddresses({ functionUrls: { [url]: 'http://127.0.0.1:4010' } });
  assembly = readAssembly({ cdkOut, addresses, parameters });
});

afterAll(() => folder[Symbol.dispose]());

const one = (type: string, id = '') => assembly.byType(type).find(({ logicalId }) => logicalId.startsWith(id))!;
const environment = () => {
  const { Variables } = one('AWS::Lambda::Function', 'Worker').properties.Environment as { Variables: JsonObject };
  return Variables;
};

describe('before ports are known', () => {
  it('tells the Function URLs and the parameters', () => {
    const { functionUrlIds, parameters } = outlineAssembly(cdkOut);

    expect(functionUrlIds).toEqual([expect.stringMatching(/^WorkerFunctionUrl/)]);
    expect(parameters.OidcIssuer).toEqual({ default: '' });
  });
});

describe('a resource', () => {
  it('has a name that never changes, and the ARN that follows from it', () => {
    const queue = one('AWS::SQS::Queue', 'Jobs');

    expect(queue.name).toBe(`fixture-${queue.logicalId}`);
    expect(queue.arn).toBe(`arn:aws:sqs:us-east-1:000000000000:${queue.name}`);
    expect(one('AWS::S3::Bucket').name).toMatch(/^fixture-artifacts[0-9a-f]{8}$/);
    expect(one('AWS::SSM::Parameter').name).toBe('/fixture/setting');
    expect(one('AWS::SecretsManager::Secret').arn).toMatch(/:secret:fixture-ModelKey\w+-[0-9a-f]{6}$/);
  });

  it('is found by logical id, name, ARN and Ref', () => {
    const queue = one('AWS::SQS::Queue', 'Jobs');

    for (const key of [queue.logicalId, queue.name, queue.arn, assembly.outputs.QueueUrl!]) {
      expect(assembly.find('AWS::SQS::Queue', key)).toBe(queue);
    }
    expect(() => assembly.find('AWS::SQS::Queue', 'nobody')).toThrow('no AWS::SQS::Queue is called nobody');
  });

  it('of a version or an alias leads to what it is a version of', () => {
    const worker = one('AWS::Lambda::Function', 'Worker');
    const machine = one('AWS::StepFunctions::StateMachine', 'Machine');

    expect(assembly.find('AWS::Lambda::Function', one('AWS::Lambda::Version').arn)).toBe(worker);
    expect(assembly.find('AWS::Lambda::Function', `${worker.arn}:$LATEST`)).toBe(worker);
    expect(one('AWS::StepFunctions::StateMachineAlias').arn).toBe(`${machine.arn}:live`);
    for (const type of ['AWS::StepFunctions::StateMachineVersion', 'AWS::StepFunctions::StateMachineAlias']) {
      expect(assembly.find('AWS::StepFunctions::StateMachine', one(type).arn)).toBe(machine);
    }
  });

  it('keeps the keys, indexes and settings that the template gives', () => {
    expect(one('AWS::DynamoDB::GlobalTable').properties).toMatchObject({
      KeySchema: [{ AttributeName: 'pk' }, { AttributeName: 'sk' }],
      GlobalSecondaryIndexes: [{ IndexName: 'bySession' }],
    });
    expect(one('AWS::SQS::Queue', 'Jobs').properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: one('AWS::SQS::Queue', 'Dead').arn,
      maxReceiveCount: 3,
    });
    expect(one('AWS::Lambda::EventSourceMapping').properties).toMatchObject({
      EventSourceArn: one('AWS::SQS::Queue', 'Jobs').arn,
      FunctionName: one('AWS::Lambda::Function', 'Worker').name,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(one('AWS::Scheduler::Schedule').properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: one('AWS::Lambda::Function', 'Worker').arn, Input: '{"sweep":true}' },
    });
    expect(one('AWS::Events::Rule').properties.EventPattern).toMatchObject({
      detail: { stateMachineArn: [one('AWS::StepFunctions::StateMachine', 'Machine').arn] },
    });
  });

  it('of an ignored type is known by name only', () => {
    expect(one('AWS::CloudWatch::Dashboard').properties).toEqual({});
  });

  it('behind a condition that is false is absent, as is an output', () => {
    expect(assembly.byType('AWS::Cognito::UserPool')).toEqual([]);
    expect(assembly.outputs).not.toHaveProperty('PoolId');
    expect(assembly.outputs.GivenIssuer).toBe('http://127.0.0.1:5000');
  });
});

describe('a value', () => {
  it('in the environment is what the function will find on this machine', () => {
    expect(environment()).toEqual({
      TABLE: one('AWS::DynamoDB::GlobalTable').name,
      QUEUE_URL: `http://127.0.0.1:4001/000000000000/${one('AWS::SQS::Queue', 'Jobs').name}`,
      SECRET: one('AWS::SecretsManager::Secret').name,
      ISSUER: 'http://127.0.0.1:5000',
      SETTING: 'x',
    });
  });

  it('that names a host of AWS names one of this machine', () => {
    expect(assembly.outputs.UrlHost).toBe('127.0.0.1:4010');
    expect(assembly.outputs.SiteUrl).toBe('http://127.0.0.1:4003/chat');
  });

  it('of a state machine is its definition as text, with the substitutions made', () => {
    const definition = (id: string) =>
      JSON.parse(String(one('AWS::StepFunctions::StateMachine', id).properties.DefinitionString));

    expect(definition('Machine').States.Work.Arguments.FunctionName).toContain(
      one('AWS::Lambda::Function', 'Worker').arn,
    );
    expect(definition('Substituted').States.A.Output).toBe(one('AWS::SQS::Queue', 'Jobs').arn);
  });
});

describe('an assembly that cannot run here', () => {
  const refused = (resources: JsonObject, given: Record<string, string> = {}) => {
    using own = temporaryFolder();
    try {
      readAssembly({ cdkOut: handWritten(own.path, resources), addresses: someAddresses(), parameters: given });
    } catch (error) {
      return String(error).split('\n').slice(1);
    }
    return [];
  };
  const setting = (Value: Json) => ({ Setting: { Type: 'AWS::SSM::Parameter', Properties: { Value } } });

  it('is refused with everything that is not known', () => {
    const problems = refused({
      Cache: { Type: 'AWS::ElastiCache::ServerlessCache' },
      Topic: { Type: 'AWS::SNS::Topic' },
      Url: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: 'f' } },
      One: { Type: 'AWS::SSM::Parameter', Properties: { Value: { 'Fn::Cidr': ['10.0.0.0/16', 1, 8] } } },
      Two: { Type: 'AWS::SSM::Parameter', Properties: { Value: { 'Fn::GetAtt': ['Topic', 'Colour'] } } },
      Three: { Type: 'AWS::SSM::Parameter', Properties: { Value: { 'Fn::GetAtt': 'Url.FunctionUrl' } } },
      Four: { Type: 'AWS::SSM::Parameter', Properties: { Value: { Ref: 'Nobody' } } },
      Five: { Type: 'AWS::Cognito::UserPool' },
    });

    expect(problems).toEqual([
      '- resource type AWS::ElastiCache::ServerlessCache (Cache)',
      expect.stringMatching(/^- resource type AWS::Cognito::UserPool \(Five\): there is no user pool on the laptop/),
      '- intrinsic Fn::Cidr',
      '- Fn::GetAtt Colour of AWS::SNS::Topic',
      '- Fn::GetAtt FunctionUrl of AWS::Lambda::Url',
      '- reference to Nobody, which is not there',
    ]);
  });

  it.each([
    ['a dynamic reference', '{{resolve:ssm:/x}}', '- dynamic reference {{resolve:ssm:/x}}'],
    ['an unknown condition', { 'Fn::If': ['Nobody', 1, 2] }, '- condition Nobody'],
    ['a selection beyond the end', { 'Fn::Select': [3, ['a']] }, '- Fn::Select beyond the end: [3,["a"]]'],
    ['a parameter without a value', { Ref: 'Needed' }, '- parameter Needed has neither a default nor a value'],
  ])('names %s', (_what, value, problem) => {
    expect(refused(setting(value))).toEqual([problem]);
  });

  it('names parameters that the template does not have or allow', () => {
    expect(refused(setting('x'), { Nuance: 'red', Size: 'XL' })).toEqual([
      '- parameter Nuance is not in the template',
      '- parameter Size may not be "XL"',
    ]);
  });
});

/** What the CDK would never write. */
function handWritten(folder: string, Resources: JsonObject): string {
  const artifact = { type: 'aws:cloudformation:stack', properties: { templateFile: 'fixture.template.json' } };
  const Parameters = { Needed: { Type: 'String' }, Size: { Type: 'String', AllowedValues: ['S', 'M'], Default: 'S' } };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ artifacts: { fixture: artifact } }));
  writeFileSync(join(folder, 'fixture.template.json'), JSON.stringify({ Parameters, Resources }));
  return folder;
}

describe('an asset', () => {
  it('is found by its object key', () => {
    const { Code } = one('AWS::Lambda::Function', 'Worker').properties as { Code: { S3Key: string } };

    expect(assembly.assetFolder(Code.S3Key)).toMatch(/cdk\.out\/asset\.[0-9a-f]{64}$/);
    expect(() => assembly.assetFolder('0000.zip')).toThrow('no asset');
  });
});
