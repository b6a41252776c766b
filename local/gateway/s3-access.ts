import { ServiceError } from '#local/parts';
import type { Incoming } from './exchange.ts';

/** An S3 request, read from its path (path style: the endpoint is an IP address) and its query. */
export interface S3Request extends Incoming {
  bucket: string;
  /** Empty for requests about the bucket itself. */
  key: string;
}

export function s3Request(request: Incoming): S3Request {
  const [, bucket = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(request.rawPath) ?? [];
  return { ...request, bucket: decodeURIComponent(bucket), key: decodeURIComponent(rest) };
}

/** One permission that a request needs. */
export interface S3Need {
  action: string;
  resource: string;
}

interface Rule {
  method: string;
  on: 'object' | 'bucket';
  /** Sub-resources that must be in the query; any other one makes the request another operation. */
  sub?: string[];
  header?: string;
  action: string;
}

/** The operations that are mapped; the first rule that fits. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const RULES: Rule[] = [
  { method: 'GET', on: 'object', action: 's3:GetObject' },
  { method: 'HEAD', on: 'object', action: 's3:GetObject' },
  { method: 'GET', on: 'object', sub: ['attributes'], action: 's3:GetObjectAttributes' },
  { method: 'GET', on: 'object', sub: ['uploadId'], action: 's3:ListMultipartUploadParts' },
  { method: 'PUT', on: 'object', action: 's3:PutObject' },
  { method: 'PUT', on: 'object', sub: ['partNumber', 'uploadId'], action: 's3:PutObject' },
  { method: 'POST', on: 'object', sub: ['uploads'], action: 's3:PutObject' },
  { method: 'POST', on: 'object', sub: ['uploadId'], action: 's3:PutObject' },
  { method: 'DELETE', on: 'object', action: 's3:DeleteObject' },
  { method: 'DELETE', on: 'object', sub: ['uploadId'], action: 's3:AbortMultipartUpload' },
  { method: 'GET', on: 'bucket', action: 's3:ListBucket' },
  { method: 'HEAD', on: 'bucket', action: 's3:ListBucket' },
  { method: 'POST', on: 'bucket', sub: ['delete'], action: 's3:DeleteObject' },
];

const SUB_RESOURCES = new Set(
  (
    'accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle ' +
    'location logging metrics notification object-lock ownershipControls partNumber policy policyStatus ' +
    'publicAccessBlock renameObject replication requestPayment restore retention select tagging torrent uploadId ' +
    'uploads versionId versioning versions website'
  ).split(' '),
);

/** @throws ServiceError NotImplemented for what is not mapped, by name */
export function s3Needs(request: S3Request): S3Need[] {
  const { method, bucket, key, query, headers } = request;
  const on = key === '' ? 'bucket' : 'object';
  const sub = Object.keys(query)
    .filter((name) => SUB_RESOURCES.has(name))
    .sort();
  const rule = RULES.find((one) => one.method === method && one.on === on && (one.sub ?? []).join() === sub.join());
  if (!rule || bucket === '') {
    throw new ServiceError('NotImplemented', `the local stack does not run s3: ${method} ${on} ${sub.join()}`, 501);
  }
  if (rule.sub?.[0] === 'delete') return deletedKeys(request).map((name) => need(rule.action, bucket, name));
  const source = headers['x-amz-copy-source'];
  return [need(rule.action, bucket, key), ...(source && method === 'PUT' ? [copySource(source)] : [])];
}

export function need(action: string, bucket: string, key = ''): S3Need {
  return { action, resource: `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}` };
}

function copySource(header: string): S3Need {
  const [bucket = '', ...rest] = decodeURIComponent(header).replace(/^\//, '').split('/');
  return need('s3:GetObject', bucket, rest.join('/'));
}

function deletedKeys({ body }: S3Request): string[] {
  const keys = [...body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => unescapeXml(key));
  if (keys.length === 0) throw new ServiceError('MalformedXML', 'The XML you provided was not well-formed.', 400);
  return keys;
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal || hex) return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    return entities[name] ?? whole;
  });
}

/** AWS's price classes: writes and lists, reads, and what is free. https://aws.amazon.com/s3/pricing/ */
export function s3LedgerItem({ method, key, query }: S3Request): string {
  if (method === 'DELETE' || (method === 'POST' && 'delete' in query)) return 's3:Delete';
  if (method === 'PUT' || method === 'POST') return 's3:Put';
  return key === '' && method === 'GET' ? 's3:List' : 's3:Get';
}
