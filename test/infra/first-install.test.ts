import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '#lib/config';
import { PatchbayStack } from '#lib/patchbay-stack';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Loose = Record<string, any>;

let template: Template;
const only = (type: string): Loose => {
  const [one] = Object.values(template.findResources(type));
  if (one === undefined) throw new Error(`no ${type}`);
  return one;
};

beforeAll(() => {
  const app = new App({ context: { bundle: 'false' } });
  template = Template.fromStack(new PatchbayStack(app, 'Test', { config: readConfig({}) }));
});

describe('the secrets of a new installation', () => {
  const secret = (prefix: string): Loose =>
    Object.entries(template.findResources('AWS::SecretsManager::Secret')).find(([id]) => id.startsWith(prefix))?.[1]
      .Properties;

  it('hold nothing that was made up: no model key, and no value at all for e2b', () => {
    expect(JSON.parse(secret('ModelKeys').SecretString)).toEqual({});
    expect(Object.keys(secret('E2bKey'))).toEqual(['Description']);
    expect(secret('ModelKeys').GenerateSecretString).toBeUndefined();
  });

  it.each(['E2bKey', 'ModelKeys'])('%s is named by an output, for the command that fills it', (prefix) => {
    const [output] = Object.values(template.findOutputs(`${prefix}Secret`));

    expect(JSON.stringify(output)).toContain(`{"Ref":"${prefix}`);
  });
});

describe('the user pool of an installation without an issuer', () => {
  it('gives an administrator a first token, and lets nobody sign up', () => {
    template.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      ExplicitAuthFlows: Match.arrayWith(['ALLOW_ADMIN_USER_PASSWORD_AUTH']),
    });
    expect(only('AWS::Cognito::UserPool').Properties.AdminCreateUserConfig).toEqual({ AllowAdminCreateUserOnly: true });
  });

  it('has a tenant that is read from the token, and that no user can write', () => {
    const { Schema } = only('AWS::Cognito::UserPool').Properties;
    const { ReadAttributes, WriteAttributes } = only('AWS::Cognito::UserPoolClient').Properties;
    const api = Object.entries(template.findResources('AWS::Lambda::Function')).find(([id]) =>
      id.startsWith('FunctionsApiFunction'),
    )?.[1];

    expect(Schema).toEqual([{ Name: 'tenant', AttributeDataType: 'String', Mutable: false }]);
    expect(ReadAttributes).toContain('custom:tenant');
    expect(WriteAttributes).toEqual(['name']);
    expect(api?.Properties.Environment.Variables.TENANT_CLAIM).toEqual({
      'Fn::If': ['BringsOwnIssuer', 'custom:tenant', { Ref: 'TenantClaim' }],
    });
  });
});

describe('when the stack goes', () => {
  it('record, artifacts and people stay; everything else goes with it', () => {
    const kept = Object.entries(template.toJSON().Resources as Record<string, Loose>)
      .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
      .map(([, { Type }]) => Type);

    expect(kept.toSorted()).toEqual(['AWS::Cognito::UserPool', 'AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket']);
    for (const [id, { DeletionPolicy }] of Object.entries(template.findResources('AWS::Logs::LogGroup')))
      expect([id, DeletionPolicy]).toEqual([id, 'Delete']);
  });
});

describe('the access log', () => {
  it('is JSON, and has neither a query string nor a header: tokens and cursors are in those', () => {
    const [http] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage')).filter(
      ({ Properties }) => Properties.AccessLogSettings !== undefined,
    );
    const line = JSON.parse(http?.Properties.AccessLogSettings.Format);

    expect(line).toMatchObject({ route: '$context.routeKey', status: '$context.status' });
    expect(Object.values(line).filter((value) => !/^\$context\.[\w.]+$/.test(String(value)))).toEqual([]);
    expect(JSON.stringify(line)).not.toMatch(/query|header|resourcePath/i);
  });
});
