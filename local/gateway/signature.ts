import { createHash, timingSafeEqual } from 'node:crypto';
import { type Assembly, type Iam, ServiceError } from '#local/parts';
import type { Incoming } from './exchange.ts';
import { ALGORITHM, type Claim, Resigner } from './resigner.ts';

/** Who signed a request, and for what; the secrets of the roles are known to nobody else. */
export interface Signer {
  /** Role ARN. */
  principal: string;
  /** The service in the signature's scope, e.g. `dynamodb`. */
  service: string;
  how: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST';
  /** ms since it was signed. */
  age: number;
}

const MAX_SKEW_MS = 15 * 60_000;

/** Verifies Signature Version 4 against the keys of the template's roles. */
export interface Verifier {
  /** A signature in the Authorization header. @throws ServiceError if it is missing, foreign, too old or wrong */
  header(request: Incoming): Promise<Signer>;
  /** A signature in the query: presigned requests. */
  query(request: Incoming): Promise<Signer>;
  /** A signature over a POST policy, in the fields of a form. */
  form(fields: Record<string, string>): Promise<Signer>;
}

export function createVerifier(assembly: Assembly, iam: Iam, now: () => number = Date.now): Verifier {
  const holders = new Map<string, { principal: string; secret: string }>();
  for (const { arn } of assembly.byType('AWS::IAM::Role')) {
    const { accessKeyId, secretAccessKey } = iam.credentialsFor(arn);
    holders.set(accessKeyId, { principal: arn, secret: secretAccessKey });
  }
  const holderOf = (claim: Claim) => {
    const holder = holders.get(claim.accessKeyId);
    if (!holder) throw denied('UnrecognizedClientException', 'The security token included in the request is invalid.');
    return { ...holder, resigner: new Resigner(claim, holder.secret) };
  };
  const age = (claim: Claim) => now() - timeOf(claim.signedAt);

  return {
    async header(request) {
      const authorization = request.headers.authorization;
      if (!authorization) throw denied('MissingAuthenticationTokenException', 'Missing Authentication Token');
      const { Credential = '', SignedHeaders = '', Signature = '' } = authorizationParts(authorization);
      const claim = claimOf(Credential, request.headers['x-amz-date'] ?? '', Signature);
      const { principal, resigner } = holderOf(claim);
      if (Math.abs(age(claim)) > MAX_SKEW_MS)
        throw denied('RequestTimeTooSkewed', 'Signature expired or not yet valid');
      const expected = await resigner.signature(request, headerNames(SignedHeaders), payloadHash(claim, request));
      requireEqual(expected, claim.signature);
      return { principal, service: claim.service, how: 'REST-HEADER', age: age(claim) };
    },
    async query(request) {
      const claim = claimOf(
        one(request, 'X-Amz-Credential'),
        one(request, 'X-Amz-Date'),
        one(request, 'X-Amz-Signature'),
      );
      const { principal, resigner } = holderOf(claim);
      const lifetime = Number(one(request, 'X-Amz-Expires')) * 1000;
      if (!(lifetime > 0 && lifetime <= 7 * 86_400_000)) throw denied('AccessDenied', 'X-Amz-Expires is not valid');
      const hash = one(request, 'X-Amz-Content-Sha256') ? payloadHash(claim, request) : 'UNSIGNED-PAYLOAD';
      const expected = await resigner.signature(request, headerNames(one(request, 'X-Amz-SignedHeaders')), hash);
      requireEqual(expected, claim.signature);
      if (age(claim) > lifetime) throw denied('AccessDenied', 'Request has expired');
      return { principal, service: claim.service, how: 'REST-QUERY-STRING', age: age(claim) };
    },
    async form(fields) {
      const claim = claimOf(
        fields['x-amz-credential'] ?? '',
        fields['x-amz-date'] ?? '',
        fields['x-amz-signature'] ?? '',
      );
      const { principal, resigner } = holderOf(claim);
      requireEqual(await resigner.sign(fields.policy ?? ''), claim.signature);
      return { principal, service: claim.service, how: 'POST', age: age(claim) };
    },
  };
}

function denied(code: string, message: string): ServiceError {
  return new ServiceError(code, message, 403);
}

function claimOf(credential: string, signedAt: string, signature: string): Claim {
  const [accessKeyId = '', date = '', region = '', service = '', end] = credential.split('/');
  if (end !== 'aws4_request' || !signedAt.startsWith(date) || !/^\d{8}T\d{6}Z$/.test(signedAt)) {
    throw denied('IncompleteSignatureException', 'The credential scope or the date of the signature is not valid');
  }
  return { accessKeyId, date, region, service, signedAt, signature };
}

function authorizationParts(header: string): Record<string, string> {
  if (!header.startsWith(`${ALGORITHM} `)) throw denied('IncompleteSignatureException', `expected ${ALGORITHM}`);
  const parts = header.slice(ALGORITHM.length + 1).split(/,\s*/);
  return Object.fromEntries(parts.map((part) => part.split(/=(.*)/s, 2)));
}

/** Without the host among them, a signature could be replayed against another service. */
function headerNames(list: string): string[] {
  const names = list.split(';');
  if (!names.includes('host')) throw denied('InvalidSignatureException', "'Host' must be a 'SignedHeader'");
  return names;
}

/** The body must be the signed one, unless S3 was told in the signature that it is not part of it. */
function payloadHash({ service }: Claim, { headers, query, body }: Incoming): string {
  const named = headers['x-amz-content-sha256'] ?? query['X-Amz-Content-Sha256'];
  const unsigned = named === 'UNSIGNED-PAYLOAD' || named?.toString().startsWith('STREAMING-');
  if (service === 's3' && unsigned) return String(named);
  return createHash('sha256').update(body).digest('hex');
}

function requireEqual(expected: string, given: string): void {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  if (a.length === b.length && timingSafeEqual(a, b)) return;
  throw denied(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
  );
}

function one(request: Incoming, name: string): string {
  return String(request.query[name] ?? '');
}

function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
