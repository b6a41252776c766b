import { Aws, CfnDeletionPolicy, CfnOutput, Duration, Fn, Token } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { type Parameters, tenantAttribute } from './parameters.ts';

/**
 * Who may call: any OIDC issuer by parameters; without one, a Cognito user pool, kept with its users when the stack goes.
 * An administrator gives a user their tenant once; nobody can change it, a user least of all.
 */
export class Identity extends Construct {
  readonly authorizer: HttpJwtAuthorizer;

  constructor(scope: Construct, id: string, props: { parameters: Parameters }) {
    super(scope, id);
    const { parameters } = props;
    const pool = new cognito.CfnUserPool(this, 'Pool', {
      adminCreateUserConfig: { allowAdminCreateUserOnly: true },
      usernameAttributes: ['email'],
      autoVerifiedAttributes: ['email'],
      policies: {
        passwordPolicy: {
          minimumLength: 14,
          requireLowercase: true,
          requireUppercase: true,
          requireNumbers: true,
          requireSymbols: true,
        },
      },
      userPoolTier: 'ESSENTIALS',
      schema: [{ name: tenantAttribute.name, attributeDataType: 'String', mutable: false }],
    });
    const client = new cognito.CfnUserPoolClient(this, 'Client', {
      userPoolId: pool.ref,
      // The administrator's way takes an AWS credential beside the password: `aws cognito-idp admin-initiate-auth`.
      explicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'ALLOW_ADMIN_USER_PASSWORD_AUTH'],
      readAttributes: ['email', 'email_verified', tenantAttribute.claim],
      writeAttributes: ['name'],
      accessTokenValidity: Duration.hours(1).toHours(),
      preventUserExistenceErrors: 'ENABLED',
    });
    pool.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
    pool.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    for (const resource of [pool, client]) resource.cfnOptions.condition = parameters.bringsOwnIssuer;
    const either = (own: string, given: string) =>
      Token.asString(Fn.conditionIf(parameters.bringsOwnIssuer.logicalId, own, given));
    const issuer = either(
      `https://cognito-idp.${Aws.REGION}.${Aws.URL_SUFFIX}/${pool.ref}`,
      parameters.get('OidcIssuer'),
    );
    this.authorizer = new HttpJwtAuthorizer('Jwt', issuer, {
      jwtAudience: [either(client.ref, parameters.get('OidcAudience'))],
    });
    for (const [name, value] of Object.entries({ UserPoolId: pool.ref, UserPoolClientId: client.ref })) {
      new CfnOutput(this, `${name}Output`, { value, condition: parameters.bringsOwnIssuer }).overrideLogicalId(name);
    }
  }
}
