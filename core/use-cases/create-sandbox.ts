import { Cancelled, LostRace, ProviderBusy } from '#core/errors';
import { sandboxKey, slotName } from '#core/ids';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { sandboxSeconds } from '#core/job/sandbox-cost';
import type { CodeHost } from '#core/ports/code-host';
import type { World } from '#core/ports/world';
import { ladder, slotZeroMarginSeconds, verifyWall } from '#core/workflow/limits';
import type { CreateSandboxResult, SandboxStep } from '#core/workflow/steps';
import { obtainSandbox } from './bring-up-sandbox.ts';
import { killSandbox, killSandboxes } from './kill-sandbox.ts';
import { recordAttempts } from './record-transitions.ts';
import { renewPermit } from './release-permits.ts';
import { isOfDispatch, readStepRows, rowsAtWork } from './step-rows.ts';

type Ports = Pick<
  World,
  'clock' | 'installation' | 'note' | 'jobs' | 'attempts' | 'sandboxRows' | 'permits' | 'sandboxes' | 'log' | 'live'
> & { codeHost: Pick<CodeHost, 'hosts'> };

/**
 * Gets one sandbox, at most. The provider's create has no idempotency key: the nonce on the row stands for it.
 *
 * 1. Job and attempt at work, else Cancelled. The slot's earlier sandbox is dead for sure.
 * 2. The slot's lease is held in every scope; its expiry becomes this sandbox's rung of the ladder.
 * 3. The row with its nonce, before anything is created.
 * 4. What the provider lists under this key: the one with our nonce is adopted, all others are killed.
 * 5. Else create, with 120 s to live and the egress of the set-up. Unanswered: look again, then ask for another try.
 * 6. The row with id and runner deadline. Job and attempt once more: ended meanwhile → kill, Cancelled.
 * 7. solve: attempt waiting → running.
 *
 * @throws ProviderBusy (the machine tries again, then the attempt is refused), Cancelled
 */
export async function createSandbox(world: Ports, step: SandboxStep): Promise<CreateSandboxResult> {
  const { job, row: known, earlier } = await rowsAtWork(world, step);
  await requireFreeSlot(world, step);
  const { wall, lease } = ladderOf(job, step);
  if (!(await renewPermit(world, job, slotName(job.id, job.round, step.slot), leaseEnd(world, job, step, lease)))) {
    throw new ProviderBusy(`slot ${step.slot} of ${job.id} holds no permit`);
  }
  const row = known ?? (await world.sandboxRows.begin(newRow(world, step, earlier)));
  const sandbox_id = await obtainSandbox(world, job, row);
  const deadline_at = row.deadline_at ?? world.clock.at(wall);
  const live_at = row.live_at ?? world.clock.at();
  const live = await world.sandboxRows.change(row, { sandbox_id, deadline_at, live_at, state: 'live' });
  await requireStillWanted(world, step, live);
  if (step.mode === 'solve') await startAttempt(world, step, live);
  return { sandbox_id, run_timeout_seconds: ladder(wall).runTimeout };
}

function ladderOf(job: Job, step: SandboxStep): { wall: number; lease: number } {
  const t = job.options.limits.wall_seconds;
  const wall = step.mode === 'solve' ? t : verifyWall(t);
  return { wall, lease: ladder(wall).lease };
}

/** Slot 0 belongs to the job: its lease never gets shorter than the job's own deadline. */
function leaseEnd(world: Ports, job: Job, step: SandboxStep, lease: number): string {
  const own = world.clock.at(lease);
  if (step.slot !== 0 || job.deadline === undefined) return own;
  const margin = Date.parse(world.clock.at(slotZeroMarginSeconds)) - world.clock.now();
  const last = Math.max(Date.parse(job.deadline) + margin, Date.parse(own));
  return new Date(last).toISOString();
}

/** One live sandbox per permit: Verify follows its Solve, the judge follows everything of slot 0. */
async function requireFreeSlot(world: Ports, step: SandboxStep): Promise<void> {
  if (step.mode === 'solve') return;
  const rows = await world.sandboxRows.list(step.tenant, step.job_id);
  const own = sandboxKey(step.mode, step.attempt);
  const earlier = rows.filter((row) => row.dispatch === step.dispatch && row.key !== own && row.state !== 'dead');
  const sharing = step.mode === 'verify' ? earlier.filter((row) => row.attempt === step.attempt) : earlier;
  if (!(await killSandboxes(world, sharing))) {
    throw new ProviderBusy(`the earlier sandbox of slot ${step.slot} of ${step.job_id} is not dead for sure`);
  }
}

function newRow(world: Ports, step: SandboxStep, earlier: SandboxRow | undefined): SandboxRow {
  return {
    job_id: step.job_id,
    tenant: step.tenant,
    key: sandboxKey(step.mode, step.attempt),
    attempt: step.attempt,
    round: step.round,
    dispatch: step.dispatch,
    nonce: world.clock.randomId('n'),
    state: 'creating',
    locked: false,
    created_at: world.clock.at(),
    seconds_before: earlier === undefined ? 0 : sandboxSeconds([earlier], world.clock.now()),
  };
}

async function requireStillWanted(world: Ports, step: SandboxStep, row: SandboxRow): Promise<void> {
  const now = await readStepRows(world, step);
  const attemptOpen = step.mode === 'judge' || (now?.attempt !== undefined && !hasAttemptEnded(now.attempt.status));
  if (isOfDispatch(now?.job, step) && attemptOpen) return;
  await killSandbox(world, row);
  throw new Cancelled(`${step.job_id} ended while its sandbox was created`);
}

async function startAttempt(world: Ports, step: SandboxStep, row: SandboxRow): Promise<void> {
  const rows = await readStepRows(world, step);
  if (rows?.attempt === undefined || row.sandbox_id === undefined) throw new Cancelled(`no attempt ${step.attempt}`);
  const running =
    rows.attempt.status === 'running' ? rows.attempt : await toRunning(world, rows.job, rows.attempt, row);
  await recordAttempts(world, rows.job, [running]);
}

async function toRunning(world: Ports, job: Job, attempt: Attempt, row: SandboxRow): Promise<Attempt> {
  const deadline = world.clock.at(ladder(job.options.limits.wall_seconds).attemptDeadline);
  const changes = { sandbox_id: row.sandbox_id ?? null, deadline, started_at: world.clock.at() };
  try {
    return await world.attempts.transition(attempt, 'running', changes, { sandbox_id: row.sandbox_id });
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    await killSandbox(world, row);
    throw new Cancelled(`attempt ${attempt.n} of ${job.id} ended while its sandbox was created`);
  }
}
