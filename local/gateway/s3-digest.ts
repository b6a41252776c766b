import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ServiceError } from '#local/parts';
import type { Incoming } from './exchange.ts';

/** Base64 digests of a body, by the header that announces them. */
const DIGESTS: Record<string, (body: Buffer) => string> = {
  'content-md5': (body) => createHash('md5').update(body).digest('base64'),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
  'x-amz-checksum-crc32': (body) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(body));
    return bytes.toString('base64');
  },
};

/**
 * S3 refuses a body that is not the announced one; fauxqs stores it with the wrong digest. Digests in the trailer of a
 * chunked body are not checked here.
 * @throws ServiceError BadDigest
 */
export function checkDigests({ headers, body }: Incoming): void {
  for (const [name, digest] of Object.entries(DIGESTS)) {
    const announced = headers[name];
    if (announced === undefined || headers['content-encoding']?.includes('aws-chunked')) continue;
    if (announced !== digest(body)) {
      throw new ServiceError('BadDigest', `The ${name} you specified did not match the calculated checksum.`, 400);
    }
  }
}
