import { ServiceError } from '#local/parts';
import { forward } from './engine-call.ts';
import { type Incoming, type Reply, xmlError } from './exchange.ts';
import { need, type S3Request, s3LedgerItem, s3Needs, s3Request } from './s3-access.ts';
import { corsHeaders, preflight } from './s3-cors.ts';
import { checkDigests } from './s3-digest.ts';
import { isLargePut, putLarge } from './s3-large.ts';
import { asPut, enforcePostPolicy, isPostUpload, parsePostForm, postReply } from './s3-post.ts';
import type { Backstage } from './sdk-call.ts';
import type { Signer, Verifier } from './signature.ts';

interface S3Options extends Backstage {
  verifier: Verifier;
  nameOf: (roleArn: string) => string;
  now?: () => number;
}

/** S3 in front of fauxqs: signatures, IAM, and the rules that fauxqs leaves out. Answers errors as XML. */
export function s3Listener(options: S3Options): (incoming: Incoming) => Promise<Reply> {
  const oneAtATime = createTurns();
  return async (incoming) => {
    const request = s3Request(incoming);
    if (request.method === 'OPTIONS') return preflight(options.assembly, request);
    const cors = corsHeaders(options.assembly, request, request.method);
    try {
      const answer = () => (isPostUpload(request) ? upload(options, request) : act(options, request));
      const conditional = request.headers['if-none-match'] !== undefined && request.method !== 'GET';
      const reply = conditional ? await oneAtATime(`${request.bucket}/${request.key}`, answer) : await answer();
      return { ...reply, headers: { ...reply.headers, ...cors } };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      options.log(`gateway: s3: ${request.method} ${request.bucket}/${request.key}: ${error.code}: ${error.message}`);
      const reply = xmlError(asS3(error));
      return { ...reply, headers: { ...reply.headers, ...cors } };
    }
  };
}

/** Signed in the header or in the query; nobody is anonymous here. */
async function signerOf({ verifier }: S3Options, request: S3Request): Promise<Signer> {
  const signer = 'X-Amz-Signature' in request.query ? await verifier.query(request) : await verifier.header(request);
  if (signer.service !== 's3') throw new ServiceError('SignatureDoesNotMatch', 'signed for another service', 403);
  return signer;
}

async function act(options: S3Options, request: S3Request): Promise<Reply> {
  const signer = await signerOf(options, request);
  for (const { action, resource } of s3Needs(request)) authorize(options, signer, request, action, resource);
  if (request.method === 'PUT') checkDigests(request);
  if (request.method !== 'GET') await checkIfNoneMatch(options, request);
  const reply = await send(options, request);
  count(options, signer, request, reply);
  // Whoever may not list a bucket is not told that an object is missing: AWS answers 403.
  const unseen = reply.status === 404 && request.key !== '' && ['GET', 'HEAD'].includes(request.method);
  if (unseen) authorize(options, signer, request, 's3:ListBucket', need('', request.bucket).resource);
  return { ...reply, headers: { ...reply.headers, ...(reply.status < 300 ? overrides(request) : {}) } };
}

/** A form upload: the policy's signature stands for the caller, and the policy decides what fits. */
async function upload(options: S3Options, request: S3Request): Promise<Reply> {
  const form = parsePostForm(request);
  const signer = await options.verifier.form(form.fields);
  enforcePostPolicy(form, request.bucket, (options.now ?? Date.now)());
  const { action, resource } = need('s3:PutObject', request.bucket, form.key);
  authorize(options, signer, request, action, resource);
  const reply = await send(options, asPut(request, form));
  count(options, signer, request, reply);
  return postReply(form, reply);
}

function authorize({ iam }: S3Options, signer: Signer, request: S3Request, action: string, resource: string): void {
  const { query, headers } = request;
  const text = (value: string | string[] | undefined) => (value === undefined ? [] : [String(value)]);
  const context: Record<string, string[]> = {
    's3:authType': [signer.how],
    's3:signatureAge': [String(Math.max(0, signer.age))],
    's3:signatureversion': ['AWS4-HMAC-SHA256'],
    's3:TlsVersion': ['1.3'],
    's3:prefix': text(query.prefix),
    's3:delimiter': text(query.delimiter),
    's3:max-keys': text(query['max-keys']),
    's3:if-none-match': text(headers['if-none-match']),
    's3:x-amz-content-sha256': text(headers['x-amz-content-sha256']),
    's3:x-amz-server-side-encryption': text(headers['x-amz-server-side-encryption']),
  };
  iam.authorize({ principal: signer.principal, action, resource, context });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
async function checkIfNoneMatch(options: S3Options, request: S3Request): Promise<void> {
  if (request.headers['if-none-match'] === undefined) return;
  if (request.headers['if-none-match'] !== '*') {
    throw new ServiceError('NotImplemented', 'If-None-Match of a write is * only', 501);
  }
  const head = { ...request, method: 'HEAD', rawQuery: '', headers: {}, body: Buffer.alloc(0) };
  const { status } = await send(options, head);
  if (status !== 200) return;
  throw new ServiceError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
}

/** The engine sees the request as it came, without what only this side understands. */
async function send({ engines }: S3Options, request: S3Request): Promise<Reply> {
  if (isLargePut(request)) return await putLarge(engines.fauxqsPort, request);
  const { method, rawPath, rawQuery, body } = request;
  const { 'if-none-match': condition, ...others } = request.headers;
  const headers = { ...others, ...(method === 'GET' && condition !== undefined && { 'if-none-match': condition }) };
  const url = rawQuery === '' ? rawPath : `${rawPath}?${rawQuery}`;
  return await forward(engines.fauxqsPort, { method, url, headers, body });
}

function count(options: S3Options, signer: Signer, request: S3Request, reply: Reply): void {
  if (reply.status >= 500) return;
  const by = options.nameOf(signer.principal);
  options.count({ item: s3LedgerItem(request), units: 1, by });
}

/** Response headers that a signed GET may ask for. */
function overrides({ method, query }: S3Request): Record<string, string> {
  if (method !== 'GET' && method !== 'HEAD') return {};
  const entries = Object.entries(query).filter(([name]) => name.startsWith('response-'));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice('response-'.length), String(value)]));
}

/** S3 has names of its own for what other services answer to a bad signature or to a denial; all are 403. */
function asS3(error: ServiceError): ServiceError {
  const names: Record<string, string> = {
    UnrecognizedClientException: 'InvalidAccessKeyId',
    MissingAuthenticationTokenException: 'AccessDenied',
    IncompleteSignatureException: 'AccessDenied',
    AccessDeniedException: 'AccessDenied',
  };
  const name = names[error.code];
  return name ? new ServiceError(name, error.message, 403) : error;
}

/** Conditional writes of one key wait for each other: of two at once exactly one finds nothing there. */
function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined).finally(() => last.get(key) === settled && last.delete(key));
    last.set(key, settled);
    return turn;
  };
}
