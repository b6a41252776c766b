import { type JsonObject, type Resource, ServiceError } from '#local/parts';
import { apiHost } from '#local/template/resource-naming';
import { type ApiParts, integrationOf } from './api-parts.ts';
import { type Cors, preflight, withCors } from './cors.ts';
import type { Decision } from './decision.ts';
import { executeApiArn } from './execute-api.ts';
import type { HttpRequest } from './http-request.ts';
import { gatewayResponse, type HttpResponse, integrationResponse } from './integration-response.ts';
import { type JwtAuthorizer, jwtAuthorizer } from './jwt-authorizer.ts';
import { type LambdaAuthorizer, lambdaAuthorizer } from './lambda-authorizer.ts';
import { payloadTwo } from './payload-two.ts';
import { matchRoute, type RouteMatch, type RoutePattern, routePattern } from './route-match.ts';
import { within } from './time-limit.ts';

interface Route extends RoutePattern {
  functionArn: string;
  scopes: string[];
  authorize: Authorize;
}

type Authorize = (request: HttpRequest, event: JsonObject, route: Route) => Promise<Decision>;

/** An API Gateway HTTP API at one stage. */
export interface HttpApi {
  stage: string;
  /** @param path without the stage */
  handle(request: HttpRequest, path: string): Promise<HttpResponse>;
}

/** How long an integration may take. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const INTEGRATION_LIMIT_MS = 30_000;
/** A request is billed in steps of this size. */
const METERED_BYTES = 512 * 1024;

/** The stage's HTTP API: routes, authorizers and CORS as the template has them. @throws on what it cannot act on */
export function createHttpApi(api: Resource, stage: Resource, parts: ApiParts): HttpApi {
  const { iam, lambdas, count, log } = parts;
  const cors = api.properties.CorsConfiguration as Cors | undefined;
  const routes = routesOf(api, parts);

  async function answer(request: HttpRequest, path: string): Promise<HttpResponse> {
    const match = matchRoute(routes, request.method, path);
    if (!match) return gatewayResponse(404, 'Not Found');
    const { route } = match;
    const event = eventOf(api, stage, request, match);
    const decision = await route.authorize(request, event, route);
    if (!decision.allowed) {
      const headers = decision.challenge ? { 'www-authenticate': decision.challenge } : undefined;
      return gatewayResponse(decision.status, decision.message, headers);
    }
    iam.authorize({
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resource: route.functionArn,
      context: { 'aws:SourceArn': executeApiArn(api.name, `${stage.name}/${methodPath(route, request)}`) },
    });
    const context = event.requestContext as JsonObject;
    const authorized = decision.authorizer === undefined ? {} : { authorizer: decision.authorizer };
    const whole = { ...event, requestContext: { ...context, ...authorized } };
    const result = await within(INTEGRATION_LIMIT_MS, lambdas.invoke(route.functionArn, JSON.stringify(whole)));
    if (!result) return gatewayResponse(503, 'Service Unavailable');
    const response = result.functionError ? undefined : integrationResponse(result.payload);
    return response ?? gatewayResponse(500, 'Internal Server Error');
  }

  return {
    stage: stage.name,
    async handle(request, path) {
      count({
        item: 'apigateway:Request',
        units: Math.max(1, Math.ceil(request.body.length / METERED_BYTES)),
        by: api.name,
      });
      const early = preflight(cors, request);
      if (early) return early;
      try {
        return withCors(cors, request, await answer(request, path));
      } catch (error) {
        const code = error instanceof ServiceError ? error.code : 'error';
        log(`${request.method} ${path}: ${code}: ${error instanceof Error ? error.message : error}`);
        return withCors(cors, request, gatewayResponse(500, 'Internal Server Error'));
      }
    },
  };
}

function routesOf(api: Resource, parts: ApiParts): Route[] {
  const mine = (type: string) => parts.assembly.byType(type).filter(({ properties }) => properties.ApiId === api.name);
  const authorizers = new Map(mine('AWS::ApiGatewayV2::Authorizer').map((a) => [a.name, authorizerOf(api, a, parts)]));
  return mine('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
    const type = String(properties.AuthorizationType ?? 'NONE');
    const authorize = type === 'NONE' ? nobody : authorizers.get(String(properties.AuthorizerId));
    if (!authorize) throw new Error(`route ${logicalId}: authorization ${type} is not supported`);
    return {
      ...routePattern(String(properties.RouteKey)),
      functionArn: integrationOf(String(properties.Target), parts.assembly),
      scopes: (properties.AuthorizationScopes ?? []) as string[],
      authorize,
    };
  });
}

const nobody: Authorize = async () => ({ allowed: true });

function authorizerOf(api: Resource, authorizer: Resource, { lambdas, iam }: ApiParts): Authorize {
  const { name, properties } = authorizer;
  if (properties.AuthorizerType === 'JWT') {
    const authorize: JwtAuthorizer = jwtAuthorizer(properties);
    return (request, _event, { scopes }) => authorize(request, scopes);
  }
  if (properties.AuthorizerPayloadFormatVersion !== '2.0') throw new Error(`authorizer ${name}: only format 2.0`);
  const ask: LambdaAuthorizer = lambdaAuthorizer({ apiId: api.name, authorizerId: name, properties, lambdas, iam });
  return async (request, event, route) => {
    const { stage } = event.requestContext as { stage: string };
    const routeArn = executeApiArn(api.name, `${stage}/${methodPath(route, request)}`);
    const decision = await ask(request, { ...event, type: 'REQUEST', routeArn }, routeArn);
    return decision.allowed ? { allowed: true, authorizer: { lambda: decision.authorizer ?? {} } } : decision;
  };
}

function eventOf(api: Resource, stage: Resource, request: HttpRequest, { route, parameters }: RouteMatch<Route>) {
  const variables = stage.properties.StageVariables as JsonObject | undefined;
  return payloadTwo({
    request,
    // Decoded, unlike everywhere else on AWS: with `%2F` in a segment it differs from what the client sent.
    rawPath: decoded(request.path),
    routeKey: route.routeKey,
    stage: stage.name,
    apiId: api.name,
    domainName: apiHost(api.name),
    pathParameters: parameters,
    ...(variables ? { stageVariables: variables } : {}),
  });
}

function methodPath({ routeKey }: Route, { method }: HttpRequest): string {
  const [, path = '/$default'] = routeKey.split(' ');
  return `${method}${path}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
