import type { Metafile } from 'esbuild';

/** What of a bundle is read when it is imported: its entry, and the chunks that it imports statically. */
export function bytesAtStart(outputs: Metafile['outputs']): { bytes: number; inputs: string[] } {
  const read = new Set(Object.keys(outputs).filter((path) => path.endsWith('/index.mjs')));
  for (const path of read)
    for (const { kind, path: next, external } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && !external) read.add(next);
  const chunks = [...read].flatMap((path) => outputs[path] ?? []);
  return {
    bytes: chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    inputs: chunks.flatMap(({ inputs }) => Object.keys(inputs)),
  };
}
