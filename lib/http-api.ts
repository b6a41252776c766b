import { CfnOutput, Fn, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { routes } from '#core/api/routes';

const stageName = 'api';

/**
 * A line of the access log. No header and no query string: tokens and cursors are in those.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const logged = {
  at: '$context.requestTimeEpoch',
  request_id: '$context.requestId',
  from: '$context.identity.sourceIp',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.error.message',
  authorizer_error: '$context.authorizer.error',
  integration_error: '$context.integrationErrorMessage',
};

/** The HTTP API: its routes are the rows of core/api/routes.ts, at the stage `api`. Made before its functions: they need its address. */
export class HttpApi extends Construct {
  readonly api: apigw.HttpApi;
  /** Without a trailing slash; routes follow. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: { allowedOrigins: string[]; logRetentionDays: number }) {
    super(scope, id);
    this.api = new apigw.HttpApi(this, 'Api', {
      createDefaultStage: false,
      ...(props.allowedOrigins.length > 0
        ? {
            corsPreflight: {
              allowOrigins: props.allowedOrigins,
              allowMethods: [apigw.CorsHttpMethod.GET, apigw.CorsHttpMethod.POST],
              allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match'],
              exposeHeaders: ['etag', 'retry-after', 'location', 'x-job-id'],
            },
          }
        : {}),
    });
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new apigw.HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName,
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 1_000 },
      accessLogSettings: {
        destination: new apigw.LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(logged)),
      },
    });
    this.url = Fn.join('', [this.api.apiEndpoint, `/${stageName}`]);
    new CfnOutput(this, 'Url', { value: this.url, description: 'Base URL of the HTTP API' }).overrideLogicalId(
      'ApiUrl',
    );
  }

  /** Routes to the functions, people's routes behind the JWT authorizer. */
  serve(
    functions: { api: lambda.IFunction; callbacks: lambda.IFunction },
    authorizer: apigw.IHttpRouteAuthorizer,
  ): void {
    const integrations = {
      api: new HttpLambdaIntegration('ApiIntegration', functions.api),
      callbacks: new HttpLambdaIntegration('CallbacksIntegration', functions.callbacks),
    };
    for (const route of Object.values(routes)) {
      this.api.addRoutes({
        path: route.path,
        methods: [apigw.HttpMethod[route.method]],
        integration: integrations[route.function],
        authorizer: route.auth === 'jwt' ? authorizer : new apigw.HttpNoneAuthorizer(),
      });
    }
  }
}
