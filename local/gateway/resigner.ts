import { createHash, createHmac } from 'node:crypto';
import { getCanonicalHeaders, getSigningKey, SignatureV4Base } from '@smithy/signature-v4';
import type { Incoming } from './exchange.ts';

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** What a signature says of itself. */
export interface Claim {
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  /** `20261123T120000Z` */
  signedAt: string;
  signature: string;
}

/** The hash constructor that `@smithy/signature-v4` wants: SHA-256, or its HMAC if made with a secret. */
class Sha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.hash.digest());
  }
  reset(): void {
    throw new Error('a hash is used once');
  }
}

/** Signs a received request again, over exactly the headers that its signature names. */
export class Resigner extends SignatureV4Base {
  private readonly claim: Claim;
  private readonly secretAccessKey: string;

  constructor(claim: Claim, secretAccessKey: string) {
    const { accessKeyId, region, service } = claim;
    const credentials = { accessKeyId, secretAccessKey };
    // S3 alone signs the path as it is on the wire.
    super({ region, service, credentials, sha256: Sha256, uriEscapePath: service !== 's3' });
    this.claim = claim;
    this.secretAccessKey = secretAccessKey;
  }

  async signature(request: Incoming, signedHeaders: string[], payloadHash: string): Promise<string> {
    const chosen: Record<string, string> = {};
    for (const name of signedHeaders) chosen[name] = request.headers[name] ?? '';
    const canonicalHeaders = getCanonicalHeaders(
      { ...wire(request), headers: chosen },
      undefined,
      new Set(signedHeaders),
    );
    const canonical = this.createCanonicalRequest(wire(request), canonicalHeaders, payloadHash);
    const { date, region, service, signedAt } = this.claim;
    const scope = `${date}/${region}/${service}/aws4_request`;
    return this.sign(await this.createStringToSign(signedAt, scope, canonical, ALGORITHM));
  }

  async sign(text: string): Promise<string> {
    const { accessKeyId, date, region, service } = this.claim;
    const credentials = { accessKeyId, secretAccessKey: this.secretAccessKey };
    const key = await getSigningKey(Sha256, credentials, date, region, service);
    return createHmac('sha256', key).update(text).digest('hex');
  }
}

function wire({ method, rawPath, query, headers }: Incoming) {
  return { method, path: rawPath, query, headers, protocol: 'http:', hostname: '127.0.0.1' };
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array | string {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
