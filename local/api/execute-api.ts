import { ACCOUNT, REGION } from '#local/parts';

/** The ARN of something inside an API, e.g. `<stage>/GET/jobs/{id}`. */
export function executeApiArn(apiId: string, path: string): string {
  return `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/${path}`;
}

/**
 * The function behind an integration or authorizer: either its ARN, or
 * `arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/<ARN>/invocations`.
 */
export function lambdaOfUri(uri: string): string {
  return /\/functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri;
}
