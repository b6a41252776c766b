import type { ArtifactStore } from '#core/ports/artifact-store';

export interface FakeArtifactStore extends ArtifactStore {
  stored: Map<string, { body: Uint8Array; contentType: string; sha256: string | undefined }>;
  /** The text of an object; throws when it is absent. */
  text(key: string): string;
  /** What a runner does with a presigned form. */
  upload(key: string, body: string): void;
}

export function fakeArtifactStore(): FakeArtifactStore {
  const stored: FakeArtifactStore['stored'] = new Map();
  const bytes = (body: Uint8Array | string) =>
    typeof body === 'string' ? new TextEncoder().encode(body) : body.slice();
  const url = (key: string) => `https://artifacts.test/${key.split('/').map(encodeURIComponent).join('/')}`;

  return {
    stored,
    text(key) {
      const object = stored.get(key);
      if (!object) throw new Error(`there is no object ${key}; there are ${[...stored.keys()].join(', ')}`);
      return new TextDecoder().decode(object.body);
    },
    upload(key, body) {
      stored.set(key, { body: bytes(body), contentType: 'application/octet-stream', sha256: undefined });
    },
    async put(key, body, { contentType, sha256 }) {
      stored.set(key, { body: bytes(body), contentType, sha256 });
    },
    get: async (key, range) => stored.get(key)?.body.slice(range?.from, range && range.from + range.bytes),
    async head(key) {
      const object = stored.get(key);
      return object && { size: object.body.length, sha256: object.sha256 };
    },
    list: async (prefix) =>
      [...stored]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { body }]) => ({ key, size: body.length }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
    presignUpload: async (key, maxBytes) => ({ url: 'https://artifacts.test/', fields: { key }, max_bytes: maxBytes }),
    presignDownload: async (key, fileName) => `${url(key)}?name=${encodeURIComponent(fileName)}`,
  };
}
