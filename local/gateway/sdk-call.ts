import { type AccessRequest, type Assembly, type Count, type Iam, type JsonObject, ServiceError } from '#local/parts';
import type { Engines } from './engines.ts';
import type { Incoming, Reply } from './exchange.ts';
import type { Signer } from './signature.ts';

/** What the services behind the gateway share. */
export interface Backstage {
  assembly: Assembly;
  engines: Pick<Engines, 'dynamo' | 'fauxqsPort'>;
  iam: Iam;
  count: Count;
  log: (line: string) => void;
}

/** A call of the SDK whose signature was found right. */
export interface SdkCall {
  signer: Signer;
  /** The function (or role) that calls, for the ledger. */
  by: string;
  request: Incoming;
  /** The operation of a JSON service, from `x-amz-target`; empty for REST services. */
  operation: string;
  /** The request of a JSON service; empty for REST services. */
  input: JsonObject;
}

export type SdkService = (call: SdkCall) => Promise<Reply>;

/** Says who asks, then lets IAM decide. @throws ServiceError AccessDeniedException */
export function authorize(
  { iam }: Backstage,
  { signer }: SdkCall,
  action: string,
  resource: string,
  context?: AccessRequest['context'],
): void {
  iam.authorize({ principal: signer.principal, action, resource, ...(context && { context }) });
}

/** What this stack does not map is refused by name: never passed on, never silently allowed. */
export function notMapped(service: string, operation: string): ServiceError {
  return new ServiceError('UnknownOperationException', `the local stack does not run ${service}:${operation}`);
}

/** The name of the one function that a role belongs to; the role's own if several share it. */
export function callers(assembly: Assembly): (roleArn: string) => string {
  const names = new Map<string, string>();
  for (const { arn, name } of assembly.byType('AWS::IAM::Role')) {
    const holders = assembly.byType('AWS::Lambda::Function').filter(({ properties }) => properties.Role === arn);
    names.set(arn, holders.length === 1 ? (holders[0]?.name ?? name) : name);
  }
  return (roleArn) => names.get(roleArn) ?? roleArn;
}
