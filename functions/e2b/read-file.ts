import type { Sandbox } from 'e2b';
import { PatchbayError } from '#core/errors';
import { errorName } from './e2b-errors.ts';

/**
 * A regular file of a sandbox, up to a size. The machine is not trusted: links are not followed, and what comes is
 * counted whatever size was announced.
 * @throws PatchbayError payload_too_large
 */
export async function readFile(sandbox: Sandbox, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const size = await sizeOf(sandbox, path);
  if (size === undefined) return undefined;
  if (size > maxBytes) throw tooLarge(path, maxBytes);
  try {
    return await streamed(sandbox, path, maxBytes);
  } catch (error) {
    if (errorName(error) === 'FileNotFoundError') return undefined;
    // The body was cut ("terminated"); the file is still there.
    if (errorName(error) !== 'TypeError') throw error;
    return await streamed(sandbox, path, maxBytes);
  }
}

async function sizeOf(sandbox: Sandbox, path: string): Promise<number | undefined> {
  try {
    const info = await sandbox.files.getInfo(path);
    return info.type === 'file' && info.symlinkTarget === undefined ? info.size : undefined;
  } catch (error) {
    if (errorName(error) === 'FileNotFoundError') return undefined;
    throw error;
  }
}

async function streamed(sandbox: Sandbox, path: string, maxBytes: number): Promise<Uint8Array> {
  const stream = await sandbox.files.read(path, { format: 'stream' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function tooLarge(path: string, maxBytes: number): PatchbayError {
  return new PatchbayError('payload_too_large', `${path} is larger than the ${maxBytes} bytes that are read`);
}
