import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, posix } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type { JsonObject } from '#local/parts';
import { ApiError } from './api-error.ts';
import { drained } from './drained.ts';
import type { Sandbox } from './sandbox.ts';
import { resultOf, SupervisorConnection, SupervisorError } from './supervisor-connection.ts';

/** `GET /files`: the contents, all or a range. @throws ApiError */
export async function downloadFile(
  sandbox: Sandbox,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const connection = await SupervisorConnection.open(sandbox.control, { op: 'read', path, home: sandbox.home });
  response.once('close', () => connection.close());
  try {
    const frames = connection.frames();
    const first = await frames.next();
    if (first.done) {
      throw new SupervisorError('unavailable', 'the sandbox ended');
    }
    const found = JSON.parse(first.value.payload.toString()) as { path: string; size: number; modified: number };
    const range = rangeOf(request.headers.range, found.size);
    await connection.send('i', Buffer.from(`${range.start}-${range.end}`));
    const gzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) && !request.headers.range;
    response.writeHead(range.partial ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `inline; filename="${encodeURIComponent(basename(found.path))}"`,
      'last-modified': new Date(found.modified * 1000).toUTCString(),
      'accept-ranges': 'bytes',
      vary: 'Accept-Encoding',
      ...(range.partial ? { 'content-range': `bytes ${range.start}-${range.end - 1}/${found.size}` } : {}),
      ...(gzip ? { 'content-encoding': 'gzip' } : { 'content-length': range.end - range.start }),
    });
    await send(response, frames, gzip);
  } catch (error) {
    throw asFileError(error, sandbox.id);
  }
}

/** `POST /files`: one octet stream, or the parts of a form by their full names. @throws ApiError */
export async function uploadFiles(
  sandbox: Sandbox,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const metadata = metadataOf(request.headers);
  const written: JsonObject[] = [];
  const names = new Set<string>();
  for await (const { name, body } of bodiesOf(request, path)) {
    const target = posix.resolve(sandbox.home, name.replace(/^~(?=\/|$)/, sandbox.home));
    if (names.has(target)) {
      throw new ApiError(400, `you cannot upload multiple files to the same path '${target}' in one upload request`);
    }
    names.add(target);
    written.push(await writeOne(sandbox, target, metadata, body));
  }
  // Text although it is JSON: the real one does the same.
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(JSON.stringify(written));
}

async function writeOne(sandbox: Sandbox, path: string, metadata: JsonObject, body: Readable): Promise<JsonObject> {
  if (sandbox.overDisk) {
    throw new ApiError(507, 'not enough disk space available');
  }
  try {
    const request = { op: 'write', path, home: sandbox.home, metadata };
    const connection = await SupervisorConnection.open(sandbox.control, request);
    for await (const chunk of body) {
      await connection.send('i', chunk as Buffer);
    }
    await connection.send('c');
    await resultOf(connection);
    connection.close();
    const shown = Object.keys(metadata).length > 0 ? { metadata } : {};
    return { name: basename(path), path, type: 'file', ...shown };
  } catch (error) {
    throw asFileError(error, sandbox.id);
  }
}

async function* bodiesOf(request: IncomingMessage, path: string): AsyncGenerator<{ name: string; body: Readable }> {
  const type = request.headers['content-type'] ?? '';
  const stream = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  if (!type.startsWith('multipart/form-data')) {
    if (!path) {
      throw new ApiError(400, 'path is required for an octet stream');
    }
    yield { name: path, body: stream };
    return;
  }
  const form = await new Response(Readable.toWeb(stream) as ReadableStream, { headers: { 'content-type': type } })
    .formData()
    .catch((cause) => {
      throw new ApiError(400, `error parsing multipart form: ${cause}`);
    });
  for (const part of form.getAll('file')) {
    const file = typeof part === 'string' ? new File([part], path) : part;
    yield { name: path || file.name, body: Readable.fromWeb(file.stream()) };
  }
}

async function send(
  response: ServerResponse,
  frames: AsyncGenerator<{ payload: Buffer }>,
  gzip: boolean,
): Promise<void> {
  const target = gzip ? createGzip() : response;
  if (gzip) {
    target.pipe(response);
    response.once('close', () => target.destroy());
  }
  for await (const { payload } of frames) {
    if (!target.write(payload)) {
      await drained(target);
    }
  }
  target.end();
}

/** One range of bytes; anything else is the whole file. @throws ApiError 416 */
function rangeOf(header: string | undefined, size: number): { start: number; end: number; partial: boolean } {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') {
    return { start: 0, end: size, partial: false };
  }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= size || end <= start) {
    throw new ApiError(416, 'invalid range: failed to overlap', { 'content-range': `bytes */${size}` });
  }
  return { start, end, partial: true };
}

function metadataOf(headers: IncomingMessage['headers']): JsonObject {
  const prefix = 'x-metadata-';
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), String(value)]));
}

const STATUS: Record<string, number> = { not_found: 404, invalid_argument: 400, unavailable: 502 };

/** ENOSPC, EDQUOT, EFBIG: the disk, the quota, the largest file. */
const DISK_FULL = [28, 122, 27];

function asFileError(error: unknown, sandboxId: string): unknown {
  if (!(error instanceof SupervisorError)) {
    return error;
  }
  if (error.errno !== undefined && DISK_FULL.includes(error.errno)) {
    return new ApiError(507, 'not enough disk space available');
  }
  return new ApiError(
    STATUS[error.code] ?? 500,
    error.code === 'unavailable' ? `sandbox ${sandboxId} ended` : error.message,
  );
}
