import type { AttemptLog } from '#core/api/views';
import { artifactKey, artifactName } from '#core/job/artifact';
import type { Attempt, Job } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import { logParts } from './checkpoint-files.ts';
import { attemptOf, type Caller, ownJob } from './ownership.ts';

type Ports = Pick<World, 'jobs' | 'attempts' | 'artifacts'>;

/** A stored object and the place of its first byte in the log. */
interface Piece {
  key: string;
  from: number;
  size: number;
}

/**
 * The log of an attempt from a byte offset: its logs.txt once that is stored, before that the parts which the runner has
 * saved so far. The runner only ever appends and the parts are cut from that same file, so offsets stay good.
 *
 * 1. Job and attempt are the caller's.
 * 2. At most `caps.logPageBytes` from there, without a gap, up to the last whole character.
 * 3. `complete` when nothing can follow.
 *
 * @throws PatchbayError not_found
 */
export async function readLog(
  world: Ports,
  input: { caller: Caller; job_id: string; n: number; after: number },
): Promise<AttemptLog> {
  const job = await ownJob(world, input.caller, input.job_id);
  const attempt = await attemptOf(world, job, input.n);
  const whole = storedLog(job, attempt);
  const pieces = whole === undefined ? await logParts(world, ownerOf(job, attempt)) : [whole];
  const settled = whole !== undefined || nothingComes(job, attempt);
  const { bytes, atEnd } = await read(world, pieces, input.after);
  const last = atEnd && settled;
  const taken = last ? bytes : bytes.subarray(0, wholeCharacters(bytes));
  return {
    attempt: attempt.n,
    after: input.after,
    next: input.after + taken.length,
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(taken),
    complete: last,
  };
}

function storedLog(job: Job, attempt: Attempt): Piece | undefined {
  const name = artifactName(attempt.round, attempt.n, 'logs.txt');
  const artifact = attempt.artifacts.find((one) => one.name === name);
  return artifact && { key: artifactKey(job.tenant, job.id, name), from: 0, size: artifact.size };
}

function ownerOf(job: Job, attempt: Attempt) {
  return { tenant: job.tenant, job_id: job.id, round: attempt.round, attempt: attempt.n, mode: 'solve' as const };
}

/** It ended without a log. One that was cancelled by itself has its files taken after that. */
function nothingComes(job: Job, { status }: Attempt): boolean {
  const atWork = job.status === 'running' || job.status === 'cancelling';
  return hasAttemptEnded(status) && !(status === 'cancelled' && atWork);
}

/** `atEnd`: what is stored ends there, or has a gap there that a part on its way will fill. */
async function read(
  world: Pick<World, 'artifacts'>,
  pieces: readonly Piece[],
  after: number,
): Promise<{ bytes: Uint8Array; atEnd: boolean }> {
  const page = new Uint8Array(caps.logPageBytes);
  let size = 0;
  for (const { key, from, size: length } of pieces) {
    const at = after + size;
    if (from > at || size === page.length) break;
    const bytes = Math.min(from + length - at, page.length - size);
    if (bytes <= 0) continue;
    const body = await world.artifacts.get(key, { from: at - from, bytes });
    if (body === undefined) break;
    page.set(body, size);
    size += body.length;
  }
  return { bytes: page.subarray(0, size), atEnd: size < page.length };
}

/** How many of these bytes are whole characters: of UTF-8's last one some may be missing. */
function wholeCharacters(bytes: Uint8Array): number {
  let lead = bytes.length - 1;
  while (lead > 0 && lead > bytes.length - 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead -= 1;
  const first = bytes[lead] ?? 0;
  const needs = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return bytes.length - lead < needs ? lead : bytes.length;
}
