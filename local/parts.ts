/**
 * What the parts of the local stack promise each other. Each part is one folder of `local/`; `stack.ts` makes them in
 * order and hands earlier ones to later ones. Nothing here knows the application: only what a template can say.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The one account and region of the laptop; ids of data on disk depend on them, so they never change. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** Addresses that the resolver puts where a template names an AWS host. All are loopback, without a trailing slash. */
export interface Addresses {
  /** Every SDK call but S3: `AWS_ENDPOINT_URL` of the functions. */
  sdk: string;
  /** S3 alone, signed or presigned: `AWS_ENDPOINT_URL_S3`. Sandboxes may reach it, they never reach `sdk`. */
  s3: string;
  /** HTTP APIs (at `/<stage>/…`) and the WebSocket API (at `/<stage>`); in a browser, the one origin of the application. */
  web: string;
  /** One per `AWS::Lambda::Url`, by the logical id of the URL resource; the handler owns the whole path space. */
  functionUrls: Record<string, string>;
}

/** One resource of the synthesized template, every intrinsic in it resolved. */
export interface Resource {
  logicalId: string;
  /** e.g. `AWS::Lambda::Function` */
  type: string;
  /** The physical name: deterministic, `<stack>-<logicalId>` unless the template names it. */
  name: string;
  /** Empty for types that have none. */
  arn: string;
  properties: JsonObject;
}

/** The application as `cdk synth` wrote it, resolved for this machine. */
export interface Assembly {
  stackName: string;
  resources: ReadonlyMap<string, Resource>;
  outputs: Record<string, string>;
  byType(type: string): Resource[];
  /** By Ref value, name or ARN (a version or alias ARN leads to its function). Throws on an unknown one. */
  find(type: string, nameOrArn: string): Resource;
  /** The unpacked asset folder of a function's code, from `S3Key` through the assets file. */
  assetFolder(s3Key: string): string;
}

/** An error as an AWS service would answer it: `code` is the wire name, e.g. `ResourceNotFoundException`. */
export class ServiceError extends Error {
  override name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface InvocationResult {
  /** JSON text: the handler's value, or `{errorType, errorMessage, trace?}` when `functionError` is set. */
  payload: string;
  functionError?: 'Unhandled';
}

/** Runs handlers in child processes that speak the Lambda Runtime API. */
export interface Lambdas {
  /** @throws ServiceError ResourceNotFoundException for an unknown function. Handler failures are results, not throws. */
  invoke(functionArn: string, payload: string): Promise<InvocationResult>;
  /** As invoke, for a RESPONSE_STREAM Function URL: the prelude (status, headers) first, then the body's chunks. */
  invokeStreaming(functionArn: string, payload: string, sink: StreamSink): Promise<InvocationResult>;
  /** Slots free right now for one function: the queue poller reserves one before it receives. */
  idleSlots(functionArn: string): number;
  stats(): { processes: number; residentBytes: number; coldStarts: number; invocations: number; pids: number[] };
  stop(): Promise<void>;
}

export interface StreamSink {
  prelude(prelude: { statusCode: number; headers: Record<string, string>; cookies: string[] }): void;
  chunk(bytes: Uint8Array): void;
}

/** Keys of a role for this start of the stack: random, never on disk. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface AccessRequest {
  /** Role ARN, or a service principal such as `apigateway.amazonaws.com`. */
  principal: string;
  /** e.g. `dynamodb:PutItem` */
  action: string;
  resource: string;
  /** Condition keys, e.g. `{'dynamodb:LeadingKeys': ['J#a']}`. `aws:SecureTransport` is always true. */
  context?: Record<string, string | string[]>;
}

/** Evaluates the policies of the template; default deny. */
export interface Iam {
  credentialsFor(roleArn: string): Credentials;
  /** @throws ServiceError AccessDeniedException with AWS's wording. */
  authorize(request: AccessRequest): void;
  /** Denials since start, and statements that nothing has used: least privilege can be read off. */
  report(): { denials: AccessRequest[]; unusedStatements: string[] };
}

/** A service behind the SDK endpoint that speaks an AWS JSON protocol, by operation name (`StartExecution`, …). */
export interface JsonService {
  call(operation: string, request: JsonObject): Promise<JsonObject>;
}

/** The state machines of the template, run by our interpreter. */
export interface States extends JsonService {
  /** Takes up executions that were under way when the stack stopped. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** An EventBridge event; parts emit them, rules match them. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  resources: string[];
  detail: JsonObject;
  /** ISO 8601 */
  time: string;
}

export type Emit = (event: BusEvent) => void;

/** One AWS call as the ledger counts it: what it was, for whom, and its billed units. */
export interface LedgerEntry {
  /** e.g. `dynamodb:PutItem`, `lambda:Duration`, `states:StateTransition`, `apigateway:Request` */
  item: string;
  /** Billed units: WRU, RRU, GB-seconds, requests, bytes; which one follows from the item. */
  units: number;
  /** What caused it where known, e.g. a function name; for the breakdown only. */
  by: string;
  /** ms since the epoch */
  at: number;
}

export type Count = (entry: Omit<LedgerEntry, 'at'>) => void;
