import { describe, expect } from 'vitest';
import { aNewEvent, anId, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function eventLogCases(subject: Subject): void {
  const it = caseOf(subject);
  const jobId = anId('j');
  const from = (src: string, first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => aNewEvent({ src, src_seq: first + index }));

  describe('the event log', () => {
    it('is empty before the first event', async ({ log }) => {
      expect(await log.tail(tenant, jobId)).toEqual({ seq: 0, cursor: {} });
      expect(await log.read(tenant, jobId, 0, 10)).toEqual([]);
      expect(await log.append(tenant, jobId, [])).toEqual([]);
    });

    it('gives each event the next seq and reads it back as it was', async ({ log }) => {
      const data = { thought: 'ü', nested: { list: [1, null, 'x'] }, flag: false };

      const added = await log.append(tenant, jobId, [aNewEvent({ data }), aNewEvent({ src: 'job' })]);

      expect(added).toEqual([
        { seq: 1, ...aNewEvent({ data }) },
        { seq: 2, ...aNewEvent({ src: 'job' }) },
      ]);
      expect(await log.read(tenant, jobId, 0, 10)).toEqual(added);
      expect(await log.tail(tenant, jobId)).toEqual({ seq: 2, cursor: { 'solve-1@1': 1, job: 1 } });
    });

    it('takes each source event once, however it is repeated', async ({ log }) => {
      await log.append(tenant, jobId, from('a', 1, 3));

      expect(await log.append(tenant, jobId, from('a', 2, 3))).toEqual([]);
      const added = await log.append(tenant, jobId, [...from('a', 1, 4), ...from('a', 4, 4), ...from('b', 1, 1)]);

      expect(added.map(({ seq, src, src_seq }) => [seq, src, src_seq])).toEqual([
        [4, 'a', 4],
        [5, 'b', 1],
      ]);
    });

    it('reads from a seq on, in order, up to a limit', async ({ log }) => {
      await log.append(tenant, jobId, from('a', 1, 12));

      const seqs = async (after: number, limit: number) =>
        (await log.read(tenant, jobId, after, limit)).map(({ seq }) => seq);

      expect(await seqs(0, 3)).toEqual([1, 2, 3]);
      expect(await seqs(8, 100)).toEqual([9, 10, 11, 12]);
      expect(await seqs(12, 100)).toEqual([]);
    });

    it('stays gapless when many write at once', async ({ log }) => {
      const sources = ['a', 'b', 'c', 'd', 'a', 'b'];

      const added = await Promise.all(sources.map((src) => log.append(tenant, jobId, from(src, 1, 5))));

      const events = await log.read(tenant, jobId, 0, 100);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      for (const src of ['a', 'b', 'c', 'd']) {
        expect(events.filter((event) => event.src === src).map(({ src_seq }) => src_seq)).toEqual([1, 2, 3, 4, 5]);
      }
      expect(added.flat()).toHaveLength(20);
    });

    it('keeps the logs of jobs and tenants apart', async ({ log }) => {
      await log.append(tenant, jobId, from('a', 1, 2));
      await log.append('other', jobId, from('a', 1, 1));
      await log.append(tenant, anId('j', 2), from('a', 1, 1));

      expect((await log.tail(tenant, jobId)).seq).toBe(2);
      expect((await log.tail('other', jobId)).seq).toBe(1);
      expect(await log.read(tenant, anId('j', 2), 0, 10)).toHaveLength(1);
    });
  });
}
