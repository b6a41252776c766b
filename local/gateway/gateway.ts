import {
  type Assembly,
  type Count,
  type Iam,
  type JsonObject,
  type JsonService,
  type Lambdas,
  ServiceError,
} from '#local/parts';
import { dynamoService } from './dynamo.ts';
import type { Engines } from './engines.ts';
import { type Incoming, jsonError, listen, type Reply } from './exchange.ts';
import { type Connections, connectionsService, lambdaService } from './rest-services.ts';
import { s3Listener } from './s3.ts';
import { type Backstage, callers, notMapped, type SdkService } from './sdk-call.ts';
import { parametersService, secretsService } from './secrets.ts';
import { createVerifier } from './signature.ts';
import { sqsService } from './sqs.ts';
import { statesService } from './states.ts';

export interface GatewayOptions {
  assembly: Assembly;
  engines: Pick<Engines, 'dynamo' | 'fauxqsPort'>;
  iam: Iam;
  /** 0 takes a free one. */
  sdkPort: number;
  s3Port: number;
  services: {
    states: JsonService;
    lambda: Lambdas;
    connections: Connections;
    /** Values by the logical id or name of a secret. */
    secrets: Record<string, string>;
  };
  count: Count;
  log: (line: string) => void;
}

export interface Gateway {
  /** Addresses for `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_S3`: IP addresses, since S3 would prefix a host name. */
  sdk: string;
  s3: string;
  stop(): Promise<void>;
}

/** What the application's own log may not show: a mistake in its policies, or in what this stack runs. */
const WORTH_A_LINE = new Set(['UnknownOperationException', 'AccessDeniedException', 'UnrecognizedClientException']);

/**
 * The address of AWS for the application's code: two listeners on loopback, one for S3 and one for all other services.
 * Each request is authenticated by its signature, authorized by the template's policies, counted, then answered here or
 * by an engine. What is not mapped is refused by name.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { assembly, engines, iam, count, log, services } = options;
  const backstage: Backstage = { assembly, engines, iam, count, log };
  const verifier = createVerifier(assembly, iam);
  const nameOf = callers(assembly);
  let sdkAddress = '';
  const table: Record<string, SdkService> = {
    dynamodb: dynamoService(backstage),
    sqs: sqsService(backstage, () => sdkAddress),
    states: statesService(backstage, services.states),
    lambda: lambdaService(backstage, services.lambda),
    'execute-api': connectionsService(backstage, services.connections),
    secretsmanager: secretsService(backstage, services.secrets),
    ssm: parametersService(backstage),
  };

  const answer = async (request: Incoming): Promise<Reply> => {
    try {
      const signer = await verifier.header(request);
      const operation = (request.headers['x-amz-target'] ?? '').replace(/^.*\./, '');
      const service = table[signer.service];
      if (!service) throw notMapped(signer.service, operation || `${request.method} ${request.rawPath}`);
      const input = operation === '' ? {} : parseInput(request);
      return await service({ signer, by: nameOf(signer.principal), request, operation, input });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (WORTH_A_LINE.has(error.code)) log(`gateway: ${error.message}`);
      return jsonError(error);
    }
  };

  const sdk = await listen(options.sdkPort, answer, log);
  sdkAddress = `http://127.0.0.1:${sdk.port}`;
  const s3 = await listen(options.s3Port, s3Listener({ ...backstage, verifier, nameOf }), log);
  return {
    sdk: sdkAddress,
    s3: `http://127.0.0.1:${s3.port}`,
    stop: async () => {
      await Promise.all([sdk.stop(), s3.stop()]);
    },
  };
}

function parseInput({ body }: Incoming): JsonObject {
  try {
    return JSON.parse(body.length > 0 ? body.toString() : '{}') as JsonObject;
  } catch {
    throw new ServiceError('SerializationException', 'the request is not JSON');
  }
}
