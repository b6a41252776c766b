import type { Iam, InvocationResult, Json, JsonObject, Lambdas } from '#local/parts';
import type { Decision } from './decision.ts';
import { executeApiArn, lambdaOfUri } from './execute-api.ts';
import type { HttpRequest } from './http-request.ts';
import { identityValue } from './identity-source.ts';

export interface LambdaAuthorizerOptions {
  apiId: string;
  authorizerId: string;
  /** Of `AWS::ApiGatewayV2::Authorizer`, type REQUEST. */
  properties: JsonObject;
  lambdas: Pick<Lambdas, 'invoke'>;
  iam: Pick<Iam, 'authorize'>;
}

/** @param methodArn what is asked for, e.g. `arn:aws:execute-api:…:<api>/<stage>/$connect` */
export type LambdaAuthorizer = (request: HttpRequest, event: JsonObject, methodArn: string) => Promise<Decision>;

interface Answer {
  isAuthorized?: boolean;
  principalId?: string;
  policyDocument?: { Statement?: Statement | Statement[] };
  context?: Record<string, Json>;
}

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

/**
 * Asks a function whether a request may pass: identity source missing → 401 without a call, denied → 403, the function
 * failing → 500. Answers are kept for `AuthorizerResultTtlInSeconds` per identity, where there is one.
 */
export function lambdaAuthorizer(options: LambdaAuthorizerOptions): LambdaAuthorizer {
  const { apiId, authorizerId, properties, lambdas, iam } = options;
  const sources = (properties.IdentitySource ?? []) as string[];
  const simple = properties.EnableSimpleResponses === true;
  const keepMs = Number(properties.AuthorizerResultTtlInSeconds ?? 0) * 1000;
  const functionArn = lambdaOfUri(String(properties.AuthorizerUri));
  const kept = new Map<string, { until: number; decision: Decision }>();

  return async (request, event, methodArn) => {
    const identity = sources.map((source) => identityValue(source, request));
    if (identity.some((value) => !value)) return { allowed: false, status: 401, message: 'Unauthorized' };
    const key = JSON.stringify([identity, simple ? methodArn : '']);
    const known = kept.get(key);
    if (known && known.until > Date.now()) return known.decision;

    iam.authorize({
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resource: functionArn,
      context: { 'aws:SourceArn': executeApiArn(apiId, `authorizers/${authorizerId}`) },
    });
    const result = await lambdas.invoke(
      functionArn,
      JSON.stringify({ ...event, identitySource: identity as string[] }),
    );
    const decision = decide(result, simple, methodArn);
    if (keepMs > 0 && identity.length > 0) kept.set(key, { until: Date.now() + keepMs, decision });
    return decision;
  };
}

function decide({ payload, functionError }: InvocationResult, simple: boolean, methodArn: string): Decision {
  const answer = functionError ? undefined : (JSON.parse(payload) as Answer | null);
  const allowed = simple ? answer?.isAuthorized : answer?.principalId !== undefined && permits(answer, methodArn);
  if (!answer || allowed === undefined) return { allowed: false, status: 500, message: 'Internal Server Error' };
  if (!allowed) return { allowed: false, status: 403, message: 'Forbidden' };
  return {
    allowed: true,
    authorizer: { ...answer.context, ...(simple ? {} : { principalId: answer.principalId ?? '' }) },
  };
}

/** Whether a policy of `execute-api:Invoke` statements lets a method pass: a deny wins, nothing matching denies. */
function permits({ policyDocument }: Answer, methodArn: string): boolean {
  const statements = [policyDocument?.Statement ?? []].flat();
  const effects = statements.filter((statement) => covers(statement, methodArn)).map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function covers({ Action, Resource }: Statement, methodArn: string): boolean {
  const matches = (patterns: string | string[], value: string) => [patterns].flat().some((p) => like(p, value));
  return matches(Action, 'execute-api:Invoke') && matches(Resource, methodArn);
}

function like(pattern: string, value: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(value);
}
