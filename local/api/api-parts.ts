import type { Assembly, Count, Iam, Lambdas } from '#local/parts';
import { lambdaOfUri } from './execute-api.ts';

/** What every API of the template is made from. */
export interface ApiParts {
  assembly: Assembly;
  lambdas: Pick<Lambdas, 'invoke'>;
  iam: Pick<Iam, 'authorize'>;
  count: Count;
  log(line: string): void;
}

/**
 * The ARN of the function behind a route.
 * @param target `integrations/<id>`
 * @throws on an integration of another kind than a Lambda proxy
 */
export function integrationOf(target: string, assembly: Assembly): string {
  const { logicalId, properties } = assembly.find(
    'AWS::ApiGatewayV2::Integration',
    target.replace('integrations/', ''),
  );
  if (properties.IntegrationType !== 'AWS_PROXY') throw new Error(`integration ${logicalId} is not a Lambda proxy`);
  return lambdaOfUri(String(properties.IntegrationUri));
}
