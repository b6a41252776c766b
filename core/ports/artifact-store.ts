export interface StoredObject {
  size: number;
  sha256: string | undefined;
}

/** Objects by key `tenant/job/round/attempt/name`. */
export interface ArtifactStore {
  /** Overwrites; `sha256` (hex) is kept with it. */
  put(key: string, body: Uint8Array | string, options: { contentType: string; sha256: string }): Promise<void>;
  /** Undefined when absent. `range`: so many bytes from there, fewer at its end; `from` is inside of it. */
  get(key: string, range?: { from: number; bytes: number }): Promise<Uint8Array | undefined>;
  head(key: string): Promise<StoredObject | undefined>;
  /** Keys under a prefix, with sizes. */
  list(prefix: string): Promise<Array<{ key: string; size: number }>>;
  /** A POST form for exactly this key, at most `maxBytes`; it dies with the credentials that signed it at the latest. */
  presignUpload(
    key: string,
    maxBytes: number,
  ): Promise<{ url: string; fields: Record<string, string>; max_bytes: number }>;
  /** A GET of 60 s. */
  presignDownload(key: string, fileName: string): Promise<string>;
}
