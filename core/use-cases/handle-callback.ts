import type { CallbackReply, CallbackRequest } from '#core/api/callbacks';
import { PatchbayError } from '#core/errors';
import { attemptId, eventSource, sha256Hex } from '#core/ids';
import { agentEgress } from '#core/job/egress';
import { fittingData } from '#core/job/event-data';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { World } from '#core/ports/world';
import { runnerDone } from '#core/workflow/steps';
import { isLate, keepAlive } from './keep-alive.ts';
import { mintUploads, noteSaved } from './mint-uploads.ts';
import { appendAndPush } from './record-transitions.ts';
import { isOfDispatch } from './step-rows.ts';

type Ports = Pick<
  World,
  | 'clock'
  | 'installation'
  | 'note'
  | 'jobs'
  | 'attempts'
  | 'sandboxRows'
  | 'log'
  | 'live'
  | 'attemptTokens'
  | 'taskTokens'
  | 'sandboxLease'
  | 'artifacts'
>;

interface Runner {
  token: AttemptToken;
  job: Job;
  attempt: Attempt | undefined;
  row: SandboxRow;
}

/**
 * A runner reports. It resends whatever is not acknowledged, so every effect below comes before the answer, may happen
 * twice, and fails the whole call when it fails.
 *
 * 1. The token is known and of this attempt, else unauthorized. Sandbox, attempt and job are open, else `settled`.
 * 2. Events → log (each once), sockets.
 * 3. `deps_installed`: egress down to our own hosts, then `locked` on the row.
 * 4. Beat: attempt row, workflow, lifetime of the sandbox.
 * 5. What was saved is noted, what is to be saved gets its upload forms.
 * 6. `done`: the workflow goes on. Told at every delivery: the log knows each event once, the workflow may not.
 */
export async function handleCallback(
  world: Ports,
  input: { attempt_id: string; token: string; request: CallbackRequest },
): Promise<CallbackReply> {
  const token = await tokenOf(world, input);
  const { request } = input;
  const runner = await openRunner(world, token);
  if (runner === undefined) return { ack: request.from - 1, state: 'settled', locked: false };
  const ack = await append(world, runner, request);
  const row = await locked(world, runner, request);
  // A cancelled attempt is settled: its sandbox is not prolonged.
  const kept = runner.attempt?.status === 'cancelled' ? { settled: false } : await keepAlive(world, runner, request);
  await noteSaved(world, runner, request);
  const uploads = await mintUploads(world, token, request);
  if (request.events.some(({ type }) => type === 'done')) await tellDone(world, row);
  return {
    ack,
    state: stateOf(world, runner, kept.settled),
    locked: row.locked,
    ...('until' in kept && kept.until !== undefined ? { renew_until: kept.until } : {}),
    ...(uploads === undefined ? {} : { uploads }),
  };
}

/** @throws PatchbayError unauthorized: unknown, revoked, expired, or of another attempt */
async function tokenOf(world: Ports, input: { attempt_id: string; token: string }): Promise<AttemptToken> {
  // Looked up by its hash: the time it takes tells nothing about any stored token.
  const token = await world.attemptTokens.find(await sha256Hex(input.token));
  const judges = token?.key === 'X#judge';
  if (token !== undefined && attemptId(token.job_id, judges ? 'judge' : token.attempt) === input.attempt_id)
    return token;
  throw new PatchbayError('unauthorized', 'The attempt token is not valid, or not any more.');
}

/** Undefined when the run is settled: nothing more is accepted for it. */
async function openRunner(world: Ports, token: AttemptToken): Promise<Runner | undefined> {
  const [job, row, attempt] = await Promise.all([
    world.jobs.get(token.tenant, token.job_id),
    world.sandboxRows.get(token.tenant, token.job_id, token.key),
    token.key === 'X#judge' ? undefined : world.attempts.get(token.tenant, token.job_id, token.attempt),
  ]);
  if (!isOfDispatch(job, token, 'cancelling')) return undefined;
  if (row?.dispatch !== token.dispatch || row.state === 'dead') return undefined;
  if (token.key !== 'X#judge' && (attempt === undefined || isSettled(attempt))) return undefined;
  return { token, job, attempt, row };
}

/** One that was cancelled still says its last words: it is told to finish, and its sandbox is killed right after. */
function isSettled({ status }: Attempt): boolean {
  return hasAttemptEnded(status) && status !== 'cancelled';
}

/** Cumulative: everything up to the last event here is in the log after this. */
async function append(world: Ports, { token, job }: Runner, request: CallbackRequest): Promise<number> {
  let last = request.from - 1;
  for (const { src_seq } of request.events) {
    if (src_seq <= last) throw new PatchbayError('invalid_request', 'The events are not in the order of src_seq.');
    last = src_seq;
  }
  const src = eventSource(token.key, token.dispatch);
  const who = token.key === 'X#judge' ? {} : { attempt: token.attempt, round: token.round };
  const events = request.events.map(({ src_seq, type, at, data }) => {
    return { src, src_seq, type, at, data: { ...fittingData(data), ...who } };
  });
  if (events.length > 0) await appendAndPush(world, job, events);
  return last;
}

async function locked(world: Ports, { row }: Runner, request: CallbackRequest): Promise<SandboxRow> {
  if (row.locked || row.sandbox_id === undefined) return row;
  if (!request.events.some(({ type }) => type === 'deps_installed')) return row;
  await world.sandboxLease.restrict(row.sandbox_id, agentEgress(world.installation));
  return await world.sandboxRows.change(row, { locked: true });
}

async function tellDone(world: Ports, row: SandboxRow): Promise<void> {
  // RunAgent writes the token before it starts the runner; without one, somebody else has settled this run.
  if (row.task_token === undefined) return;
  await world.taskTokens.succeed(row.task_token, runnerDone);
}

function stateOf(world: Ports, { job, attempt, row }: Runner, settled: boolean): CallbackReply['state'] {
  const cancelled = job.status === 'cancelling' || attempt?.status === 'cancelled';
  if (cancelled || isLate(world, row)) return 'cancel';
  return settled ? 'settled' : 'go';
}
