import { CfnOutput } from 'aws-cdk-lib';
import * as apigw from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** The WebSocket API at the stage `ws`. The ticket authorizer runs on `$connect` only; it is never cached. */
export class LiveApi extends Construct {
  readonly api: apigw.WebSocketApi;
  readonly stage: apigw.WebSocketStage;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new apigw.WebSocketApi(this, 'Api', { routeSelectionExpression: '$request.body.action' });
    // No access log: the ticket stands in the query string.
    this.stage = new apigw.WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: 'ws',
      autoDeploy: true,
      throttle: { rateLimit: 500, burstLimit: 500 },
    });
    new CfnOutput(this, 'Url', {
      value: this.stage.url,
      description: 'Address of the socket; add ?ticket=',
    }).overrideLogicalId('SocketUrl');
  }

  serve(functions: { authorizer: lambda.IFunction; socket: lambda.IFunction }): void {
    const integration = () => new WebSocketLambdaIntegration('SocketIntegration', functions.socket);
    this.api.addRoute('$connect', {
      integration: integration(),
      authorizer: new WebSocketLambdaAuthorizer('Ticket', functions.authorizer, {
        identitySource: ['route.request.querystring.ticket'],
      }),
    });
    this.api.addRoute('$disconnect', { integration: integration() });
    this.api.addRoute('$default', { integration: integration() });
  }
}
