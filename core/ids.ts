import * as z from 'zod';

/** Ids are opaque to everybody else. `web.crypto` is in browsers, Lambda and Node alike. */

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32, lower case, unpadded: fits execution names, S3 keys and URLs. */
export function base32(bytes: Uint8Array): string {
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      out += alphabet[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? out + alphabet[(value << (5 - bits)) & 31] : out;
}

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

export async function sha256Hex(text: string): Promise<string> {
  return Array.from(await sha256(text), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An id that follows from its parts: the same request gets the same id. `prefix` + 26 characters (130 bit). */
export async function derivedId(prefix: string, ...parts: string[]): Promise<string> {
  return prefix + base32(await sha256(JSON.stringify(parts))).slice(0, 26);
}

/** A random id: `prefix` + 26 characters (128 bit). */
export function randomId(prefix: string): string {
  return prefix + base32(crypto.getRandomValues(new Uint8Array(16)));
}

/** A bearer token of 256 bit; only its sha256 is ever stored. */
export function randomToken(): string {
  return base32(crypto.getRandomValues(new Uint8Array(32)));
}

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[a-z2-7]{26}$`), `an id that starts with "${prefix}"`);

export const SessionId = id('s');
export const IssueId = id('i');
export const JobId = id('j');

/** `<job>.<n>`, or `<job>.judge`: the path of a runner's callbacks. */
export const AttemptId = z.string().regex(/^j[a-z2-7]{26}\.(\d{1,2}|judge)$/);

export function attemptId(jobId: string, attempt: number | 'judge'): string {
  return `${jobId}.${attempt}`;
}

/** The key of one sandbox in a job: attempt `n` solves in one and is verified in another; the judge has its own. */
export type SandboxKey = `X#${number}#solve` | `X#${number}#verify` | 'X#judge';

export function sandboxKey(mode: 'solve' | 'verify' | 'judge', attempt: number): SandboxKey {
  return mode === 'judge' ? 'X#judge' : `X#${attempt}#${mode}`;
}

/** The event source of one sandbox of one dispatch. */
export function eventSource(key: SandboxKey, dispatch: number): string {
  const [, attempt, mode] = key.split('#');
  return mode === undefined ? `judge@${dispatch}` : `${mode}-${attempt}@${dispatch}`;
}

/** Permit slots of a round: slot 0 belongs to the job, slot k to its k-th further attempt. */
export function slotName(jobId: string, round: number, slot: number): string {
  return `${jobId}-${round}#${slot}`;
}

/** Back from `slotName`. @throws Error for anything else */
export function parseSlotName(name: string): { job_id: string; round: number; slot: number } {
  const [, job_id, round, slot] = /^(j[a-z2-7]+)-(\d+)#(\d+)$/.exec(name) ?? [];
  if (job_id === undefined) throw new Error(`"${name}" is not a permit slot`);
  return { job_id, round: Number(round), slot: Number(slot) };
}

export function executionName(jobId: string, round: number, dispatch: number): string {
  return `${jobId}-${round}-${dispatch}`;
}
