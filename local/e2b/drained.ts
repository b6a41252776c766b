import type { Writable } from 'node:stream';

/** Resolves when a full stream takes more, or will never: its reader has gone. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      stream.off('drain', settle).off('close', settle);
      resolve();
    };
    stream.on('drain', settle).on('close', settle);
    if (stream.destroyed) {
      settle();
    }
  });
}
