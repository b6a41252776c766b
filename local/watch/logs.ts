import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Count } from '#local/parts';
import { samplesOf } from './emf.ts';
import { createMetrics, type Metrics } from './metrics.ts';

/** CloudWatch Logs and Metrics of the laptop. */
export interface Logs {
  /** One line of a function's output, as the function or its runtime wrote it. */
  write(functionName: string, line: string): void;
  /** The file of a function: `<stateDir>/logs/<function>.log`; the one before it ends in `.1`. */
  fileOf(functionName: string): string;
  metrics: Metrics;
  close(): void;
}

const MAX_FILE_BYTES = 20 * 1024 * 1024;

interface OpenFile {
  descriptor: number;
  size: number;
}

/** A file for each function; lines of the embedded metric format also go to the metric store. */
export function createLogs({ stateDir, count }: { stateDir: string; count: Count }): Logs {
  const folder = path.join(stateDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const metrics = createMetrics({ stateDir });
  const files = new Map<string, OpenFile>();
  let closed = false;
  const fileOf = (functionName: string) => path.join(folder, `${functionName.replace(/[^\w.-]/g, '_')}.log`);

  return {
    fileOf,
    metrics,
    write(functionName, line) {
      if (closed) return;
      const bytes = Buffer.from(`${line}\n`);
      // Written at once, not by a stream: the last lines before a crash are the ones that are read.
      const file = roomFor(files.get(functionName), fileOf(functionName), bytes.length);
      files.set(functionName, file);
      writeSync(file.descriptor, bytes);
      file.size += bytes.length;
      count({ item: 'logs:Byte', units: bytes.length, by: functionName });
      metrics.add(samplesOf(line));
    },
    close() {
      closed = true;
      for (const { descriptor } of files.values()) closeSync(descriptor);
      files.clear();
      metrics.close();
    },
  };
}

/** The open file, or a new one once it is full. */
function roomFor(file: OpenFile | undefined, name: string, bytes: number): OpenFile {
  const current = file ?? open(name);
  if (current.size + bytes <= MAX_FILE_BYTES) return current;
  closeSync(current.descriptor);
  renameSync(name, `${name}.1`);
  return open(name);
}

function open(name: string): OpenFile {
  const descriptor = openSync(name, 'a');
  return { descriptor, size: statSync(name).size };
}
