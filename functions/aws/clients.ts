import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { lazily } from './lazily.ts';

/**
 * A region that is down must show as a fast failure, so calls end after seconds. Without `throwOnRequestTimeout` the
 * SDK only warns.
 */
function patience(requestTimeout: number, maxAttempts = 3) {
  return {
    maxAttempts,
    requestHandler: { connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true },
  };
}

export interface Clients {
  dynamo: DynamoDBDocumentClient;
  s3: S3Client;
  sqs: SQSClient;
  sfn: SFNClient;
  secretsManager: SecretsManagerClient;
}

/** One of each per process, made at first use; region, credentials and endpoints come from the runtime. */
export const clients = lazily<Clients>({
  dynamo: () => documents(new DynamoDBClient(patience(3_000))),
  // An object may have 20 MB.
  s3: () => new S3Client(patience(10_000)),
  sqs: () => new SQSClient(patience(3_000)),
  sfn: () => new SFNClient(patience(3_000)),
  secretsManager: () => new SecretsManagerClient(patience(3_000)),
});

export function documents(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/** `endpoint`: `SOCKET_URL`. One try: what is pushed is a hint, and the next try would only delay the others. */
export function socketClient(endpoint: string): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({ endpoint, ...patience(2_000, 1) });
}

/**
 * The host of a bucket's presigned forms and links, as the SDK of this process makes them: its own endpoint rules,
 * without a call.
 */
export function hostOfBucket(bucket: string): string {
  // Region and endpoint are the runtime's own variables, not our configuration: the SDK reads the same ones.
  // biome-ignore lint/style/noProcessEnv: see above
  const { AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const { url } = clients.s3.config.endpointProvider({
    Bucket: bucket,
    ...(AWS_REGION !== undefined && { Region: AWS_REGION }),
    ...(endpoint !== undefined && { Endpoint: endpoint }),
  });
  return url.hostname;
}
