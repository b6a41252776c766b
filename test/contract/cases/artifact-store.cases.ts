import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { sha256Hex } from '#core/ids';
import { caseOf, type Subject } from '../case.ts';

export function artifactStoreCases(subject: Subject): void {
  const it = caseOf(subject);

  describe('artifacts', () => {
    it('come back byte for byte, with size and hash', async ({ artifacts }) => {
      const body = 'diff --git a/ü b/ü\n';
      const sha256 = await sha256Hex(body);
      const key = 'acme/j1/1/1/diff.patch';

      await artifacts.put(key, body, { contentType: 'text/x-diff', sha256 });
      const raw = new Uint8Array([0, 255, 13, 10]);
      await artifacts.put('acme/raw', raw, {
        contentType: 'application/octet-stream',
        sha256: createHash('sha256').update(raw).digest('hex'),
      });

      expect(new TextDecoder().decode(await artifacts.get(key))).toBe(body);
      expect(Array.from((await artifacts.get('acme/raw')) ?? [])).toEqual([...raw]);
      expect(await artifacts.head(key)).toEqual({ size: new TextEncoder().encode(body).length, sha256 });
    });

    it('come back in part', async ({ artifacts }) => {
      const body = '0123456789';
      await artifacts.put('acme/log', body, { contentType: 'text/plain', sha256: await sha256Hex(body) });
      const part = async (from: number, bytes: number) =>
        new TextDecoder().decode(await artifacts.get('acme/log', { from, bytes }));

      expect([await part(0, 3), await part(3, 4), await part(8, 100)]).toEqual(['012', '3456', '89']);
      expect(await artifacts.get('acme/none', { from: 0, bytes: 1 })).toBeUndefined();
    });

    it('are undefined when absent', async ({ artifacts }) => {
      expect(await artifacts.get('acme/j1/none')).toBeUndefined();
      expect(await artifacts.head('acme/j1/none')).toBeUndefined();
      expect(await artifacts.list('acme/j1/')).toEqual([]);
    });

    it('are overwritten and listed by prefix', async ({ artifacts }) => {
      const options = async (body: string) => ({ contentType: 'text/plain', sha256: await sha256Hex(body) });
      for (const [key, body] of [
        ['acme/j1/1/logs.txt', 'a'],
        ['acme/j1/1/logs.txt', 'abc'],
        ['acme/j2/x', 'abcd'],
      ] as const) {
        await artifacts.put(key, body, await options(body));
      }

      expect(await artifacts.list('acme/j1/')).toEqual([{ key: 'acme/j1/1/logs.txt', size: 3 }]);
      expect((await artifacts.list('acme/')).map(({ key }) => key)).toEqual(['acme/j1/1/logs.txt', 'acme/j2/x']);
    });

    it('are presigned for one key each', async ({ artifacts }) => {
      const upload = await artifacts.presignUpload('acme/j1/1/1/logs/0000000000', 1_000);
      const download = new URL(await artifacts.presignDownload('acme/j1/1/1/diff.patch', 'diff.patch'));

      expect(upload).toMatchObject({ fields: { key: 'acme/j1/1/1/logs/0000000000' }, max_bytes: 1_000 });
      expect(decodeURIComponent(download.pathname)).toContain('acme/j1/1/1/diff.patch');
    });
  });
}
