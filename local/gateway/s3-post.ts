import { type Json, ServiceError } from '#local/parts';
import type { Incoming, Reply } from './exchange.ts';
import type { S3Request } from './s3-access.ts';

/** A browser-style upload: `multipart/form-data` whose policy was signed. */
export interface PostForm {
  /** Lower-case names; S3 does not tell their cases apart. */
  fields: Record<string, string>;
  file: Buffer;
  /** The object's key, `${filename}` put in. */
  key: string;
}

/** What a key may hold for the name of the uploaded file. */
const FILENAME = `$${'{filename}'}`;

export function isPostUpload({ method, headers }: Incoming): boolean {
  return method === 'POST' && (headers['content-type'] ?? '').toLowerCase().startsWith('multipart/form-data');
}

/** The file is the last field: whatever follows it is ignored. @throws ServiceError MalformedPOSTRequest */
export function parsePostForm({ headers, body }: Incoming): PostForm {
  const boundary = /boundary="?([^";]+)"?/i.exec(headers['content-type'] ?? '')?.[1];
  const malformed = new ServiceError('MalformedPOSTRequest', 'The body is not well-formed multipart/form-data.', 400);
  if (!boundary) throw malformed;
  const fields: Record<string, string> = {};
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const text = Buffer.concat([Buffer.from('\r\n'), body]);
  for (let at = text.indexOf(delimiter); at >= 0; ) {
    const head = at + delimiter.length + 2;
    const headEnd = text.indexOf('\r\n\r\n', head);
    const next = text.indexOf(delimiter, head);
    if (headEnd < 0 || next < headEnd) break;
    const disposition = text.subarray(head, headEnd).toString();
    const name = /name="([^"]*)"/i.exec(disposition)?.[1]?.toLowerCase() ?? '';
    const value = text.subarray(headEnd + 4, next);
    if (name === 'file') {
      const filename = /filename="([^"]*)"/i.exec(disposition)?.[1] ?? '';
      return { fields, file: value, key: (fields.key ?? '').replaceAll(FILENAME, filename) };
    }
    if (name in fields) throw new ServiceError('InvalidArgument', `the form has ${name} twice`, 400);
    fields[name] = value.toString();
    at = next;
  }
  throw malformed;
}

/**
 * The form as the plain PUT that it amounts to. The engine never sees the form itself: it reads repeated and oddly
 * spelled fields in another way than the check of the policy does.
 */
export function asPut(request: S3Request, { fields, file, key }: PostForm): S3Request {
  const own = Object.entries(fields).filter(([name]) => name === 'content-type' || name.startsWith('x-amz-meta-'));
  const path = [request.bucket, ...key.split('/')].map(encodeURIComponent).join('/');
  return {
    ...request,
    method: 'PUT',
    rawPath: `/${path}`,
    rawQuery: '',
    query: {},
    key,
    headers: Object.fromEntries(own),
    body: file,
  };
}

/** What a form asks to be told: 204 unless it names 200 or 201. */
export function postReply({ fields }: PostForm, put: Reply): Reply {
  if (put.status !== 200) return put;
  const asked = Number(fields.success_action_status);
  return {
    status: asked === 200 || asked === 201 ? asked : 204,
    headers: { etag: put.headers.etag ?? '' },
    body: Buffer.alloc(0),
  };
}

/** Fields that a policy need not name. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html */
const UNNAMED = new Set(['x-amz-signature', 'policy', 'file', 'bucket']);

/**
 * Holds a form against its policy, whose signature has been verified before.
 * @throws ServiceError AccessDenied 403, EntityTooLarge 400 or EntityTooSmall 400
 */
export function enforcePostPolicy(form: PostForm, bucket: string, now: number): void {
  const policy = JSON.parse(Buffer.from(form.fields.policy ?? '', 'base64').toString()) as {
    expiration: string;
    conditions: Json[];
  };
  if (!(Date.parse(policy.expiration) > now)) throw refused('Policy expired.');
  const values: Record<string, string> = { ...form.fields, key: form.key, bucket };
  const named = new Set<string>();
  for (const condition of policy.conditions) checkCondition(condition, values, form.file.length, named);
  const extra = Object.keys(form.fields).find(
    (name) => !named.has(name) && !UNNAMED.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra) throw refused(`Extra input fields: ${extra}`);
}

function checkCondition(condition: Json, values: Record<string, string>, size: number, named: Set<string>): void {
  const [kind, first, second] = Array.isArray(condition) ? condition : ['eq', ...equality(condition)];
  if (kind === 'content-length-range') {
    checkSize(size, Number(first), Number(second));
    return;
  }
  const name = String(first).replace(/^\$/, '').toLowerCase();
  const wanted = String(second);
  const given = values[name] ?? '';
  named.add(name);
  const fits = kind === 'starts-with' ? given.startsWith(wanted) : kind === 'eq' && given === wanted;
  if (!fits) throw refused(`Policy Condition failed: ${JSON.stringify(condition)}`);
}

/** `{"bucket": "b"}` is `["eq", "$bucket", "b"]`. */
function equality(condition: Json): [string, string] {
  const [name = '', value] = Object.entries(condition as Record<string, string>)[0] ?? [];
  return [name, String(value)];
}

function checkSize(size: number, least: number, most: number): void {
  if (size > most)
    throw new ServiceError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400);
  if (size < least)
    throw new ServiceError('EntityTooSmall', 'Your proposed upload is smaller than the minimum size', 400);
}

function refused(why: string): ServiceError {
  return new ServiceError('AccessDenied', `Invalid according to Policy: ${why}`, 403);
}
