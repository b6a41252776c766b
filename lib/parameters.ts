import { CfnCondition, CfnParameter, Fn, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** What an installation sets when it deploys: name → default and meaning. */
const descriptions = {
  OidcIssuer: ['', 'Issuer URL of your identity provider; empty: a Cognito user pool is made.'],
  OidcAudience: ['', 'Audience (client id) that tokens must have; needed with OidcIssuer.'],
  TenantClaim: [
    'tenant',
    'With OidcIssuer: the claim that names the tenant of a user; users without it are their own tenant.',
  ],
  DefaultModel: ['anthropic/claude-sonnet-5-5', 'provider/model of attempts that name none.'],
  ModelProviders: [
    '',
    'JSON array of model providers beside the built-in ones, or {"only": [...]}: docs/own-model.md.',
  ],
  CodeHostUrl: ['https://github.com', 'Code host whose address may be private.'],
  E2bTemplate: ['patchbay', 'Sandbox template: built by `npm run template:build`.'],
  E2bDomain: ['', 'Domain of a self-hosted or BYOC cluster; empty: e2b.app.'],
  E2bApiUrl: ['', 'API address where it is not https://api.<domain>.'],
  E2bSandboxUrl: ['', 'Sandbox address where it is not derived from the domain.'],
  TimeScale: ['1', 'Divides all times; 1 except in tests.'],
} as const satisfies Record<string, readonly [string, string]>;

/** In our own pool. Cognito puts `custom:` before what a pool adds, in ID tokens alone. */
export const tenantAttribute = { name: 'tenant', claim: 'custom:tenant' } as const;

export type ParameterName = keyof typeof descriptions;

/** The CloudFormation parameters, and the one condition: without an issuer we bring our own. */
export class Parameters extends Construct {
  private readonly parameters: ReadonlyMap<string, CfnParameter>;
  readonly bringsOwnIssuer: CfnCondition;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.parameters = new Map(
      Object.entries(descriptions).map(([name, [value, description]]) => {
        const parameter = new CfnParameter(this, name, { type: 'String', default: value, description });
        parameter.overrideLogicalId(name);
        return [name, parameter];
      }),
    );
    this.bringsOwnIssuer = new CfnCondition(this, 'BringsOwnIssuer', {
      expression: Fn.conditionEquals(this.get('OidcIssuer'), ''),
    });
    this.bringsOwnIssuer.overrideLogicalId('BringsOwnIssuer');
  }

  /** The claim that names the tenant: of our own pool, or as the issuer's owner says. */
  tenantClaim(): string {
    const { logicalId } = this.bringsOwnIssuer;
    return Token.asString(Fn.conditionIf(logicalId, tenantAttribute.claim, this.get('TenantClaim')));
  }

  get(name: ParameterName): string {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new Error(`no parameter ${name}`);
    return parameter.valueAsString;
  }
}
