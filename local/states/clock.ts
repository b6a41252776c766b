import { exitOf } from './decision.ts';
import { endExecution } from './ending.ts';
import type { Calling, Thread } from './execution.ts';
import { StateFailure, TIMEOUT } from './failure.ts';
import { exit, fail, inState } from './passage.ts';
import { resourceOf } from './state-task.ts';
import { record, setPhase, type Turn } from './turn.ts';
import { bindingsOf, currentState } from './view.ts';

/** Deals with everything that is due, and lets threads go on that stopped for breath. */
export async function tick(turn: Turn): Promise<boolean> {
  const { execution, now } = turn;
  if (execution.deadline !== null && execution.deadline <= now) {
    endExecution(turn, 'TIMED_OUT', 0, { error: TIMEOUT });
    return true;
  }
  for (const thread of [...execution.threads.values()]) {
    if (execution.threads.has(thread.id)) await inState(turn, thread, () => fallDue(turn, thread));
  }
  return true;
}

async function fallDue(turn: Turn, thread: Thread): Promise<void> {
  const { phase } = thread.visit;
  const { now } = turn;
  if (phase.kind === 'ready' || phase.kind === 'scheduled' || phase.kind === 'done') turn.queue.push(thread.id);
  if (phase.kind === 'sleeping' && phase.until <= now) {
    const state = currentState(turn.execution, thread);
    if (state.Type !== 'Wait') throw new Error(`the state '${thread.visit.state}' does not wait`);
    await exit(turn, thread, exitOf(state, thread.visit.input), bindingsOf(turn.execution, thread, state));
  }
  if (phase.kind === 'backoff' && phase.until <= now) {
    turn.transitions += 1;
    setPhase(turn, thread, { kind: 'ready' });
  }
  if (phase.kind === 'calling') await overdue(turn, thread, phase);
}

/** Both clocks end in States.Timeout (recorded on AWS); a lost heartbeat also answers to its documented name. */
async function overdue(turn: Turn, thread: Thread, phase: Calling): Promise<void> {
  const timeoutAt = phase.timeoutAt ?? Number.POSITIVE_INFINITY;
  const heartbeatAt = phase.heartbeatAt ?? Number.POSITIVE_INFINITY;
  if (Math.min(timeoutAt, heartbeatAt) > turn.now) return;
  record(turn, thread, 'TaskTimedOut', { ...resourceOf(phase), error: TIMEOUT });
  const alias = heartbeatAt < timeoutAt ? { alias: 'States.HeartbeatTimeout' } : {};
  await fail(turn, thread, new StateFailure(TIMEOUT, undefined, { fromTask: true, ...alias }));
}
