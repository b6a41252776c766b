import { ServiceError } from '#local/parts';
import { forward } from './engine-call.ts';
import type { Reply } from './exchange.ts';
import type { S3Request } from './s3-access.ts';

/** fauxqs takes bodies up to 11 MiB, S3 up to 5 GiB: a larger object goes in by parts, which are put together there. */
const PART_BYTES = 8 * 1024 * 1024;

export function isLargePut({ method, key, query, headers, body }: S3Request): boolean {
  const plain = query.uploadId === undefined && headers['x-amz-copy-source'] === undefined;
  return method === 'PUT' && key !== '' && plain && body.length > PART_BYTES;
}

/** As PutObject, but that the ETag is one of a multipart upload. */
export async function putLarge(port: number, request: S3Request): Promise<Reply> {
  const { rawPath, headers } = request;
  const body = headers['content-encoding']?.includes('aws-chunked') ? dechunk(request.body) : request.body;
  const send = (method: string, query: string, content: Buffer = Buffer.alloc(0), more: Record<string, string> = {}) =>
    forward(port, { method, url: `${rawPath}?${query}`, headers: more, body: content });
  const created = await send('POST', 'uploads', undefined, kept(headers));
  const uploadId = /<UploadId>([^<]+)</.exec(created.body.toString())?.[1];
  if (!uploadId) return created; // the engine's own error
  const upload = `uploadId=${encodeURIComponent(uploadId)}`;
  const tags: string[] = [];
  for (let at = 0; at < body.length; at += PART_BYTES) {
    const part = await send('PUT', `partNumber=${tags.length + 1}&${upload}`, body.subarray(at, at + PART_BYTES));
    if (part.status !== 200) {
      await send('DELETE', upload);
      return part;
    }
    tags.push(part.headers.etag ?? '');
  }
  const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
  const list = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const done = await send('POST', upload, list, { 'content-type': 'application/xml' });
  if (done.status !== 200) return done;
  const etag = /<ETag>([^<]+)</.exec(done.body.toString())?.[1]?.replaceAll('&quot;', '"') ?? '';
  return { status: 200, headers: { etag }, body: Buffer.alloc(0) };
}

/** What belongs to the object and not to the transport. */
function kept(headers: Record<string, string>): Record<string, string> {
  const own = (name: string) => /^(x-amz-meta-.*|content-type|content-disposition|cache-control)$/.test(name);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => own(name)));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html */
function dechunk(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(body.subarray(at, lineEnd).toString(), 16);
    if (Number.isNaN(size)) throw new ServiceError('IncompleteBody', 'The request body is not aws-chunked', 400);
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
