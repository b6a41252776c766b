import type { InvocationResult, Json } from '#local/parts';
import { exitOf } from './decision.ts';
import type { Calling, Thread } from './execution.ts';
import { StateFailure } from './failure.ts';
import { callFailure, functionFailure, resultOf } from './lambda-answer.ts';
import { exit, inState } from './passage.ts';
import { resourceOf } from './state-task.ts';
import { output, record, type Turn } from './turn.ts';
import { bindingsOf, currentState } from './view.ts';

export type Answer = { result: InvocationResult } | { thrown: unknown };

/** What SendTaskSuccess or SendTaskFailure says. */
export type Outcome = { output: Json } | { error: string | null; cause: string | null };

/** The call itself has answered: without a token that is the task's result. False: nobody waits for it any more. */
export async function answered(turn: Turn, id: number, ticket: number, answer: Answer): Promise<boolean> {
  const thread = turn.execution.threads.get(id);
  if (thread?.visit.ticket !== ticket || thread.visit.phase.kind !== 'calling') return false;
  const { phase } = thread.visit;
  await inTask(turn, thread, phase, async () => {
    if ('thrown' in answer) throw callFailure(answer.thrown);
    const failure = functionFailure(answer.result);
    if (failure) throw failure;
    const result = resultOf(answer.result);
    if (phase.token === null) return succeed(turn, thread, phase, result);
    record(turn, thread, 'TaskSubmitted', { ...resourceOf(phase), ...output(result) });
    phase.submitted = true;
  });
  return true;
}

/** The holder of a token has spoken. False: the token is settled already. */
export async function settled(turn: Turn, token: string, outcome: Outcome): Promise<boolean> {
  const found = waitingFor(turn, token);
  if (!found) return false;
  const { thread, phase } = found;
  await inTask(turn, thread, phase, async () => {
    if ('output' in outcome) return succeed(turn, thread, phase, outcome.output);
    throw new StateFailure(outcome.error, outcome.cause, { fromTask: true });
  });
  return true;
}

/** A failure of the task itself is recorded as TaskFailed before Retry and Catch see it. */
async function inTask(turn: Turn, thread: Thread, phase: Calling, work: () => Promise<void>): Promise<void> {
  await inState(turn, thread, async () => {
    try {
      await work();
    } catch (error) {
      if (error instanceof StateFailure && error.fromTask) {
        record(turn, thread, 'TaskFailed', { ...resourceOf(phase), ...error.details });
      }
      throw error;
    }
  });
}

async function succeed(turn: Turn, thread: Thread, phase: Calling, result: Json): Promise<void> {
  const state = currentState(turn.execution, thread);
  if (state.Type !== 'Task') throw new Error(`the state '${thread.visit.state}' is no Task`);
  record(turn, thread, 'TaskSucceeded', { ...resourceOf(phase), ...output(result) });
  await exit(turn, thread, exitOf(state, result), bindingsOf(turn.execution, thread, state, { result }));
}

/** Re-arms the heartbeat clock. False: the token is settled already. */
export function beat(turn: Turn, token: string): boolean {
  const found = waitingFor(turn, token);
  if (!found) return false;
  if (found.phase.heartbeat !== null) found.phase.heartbeatAt = turn.now + found.phase.heartbeat;
  turn.changed.add(found.thread.id);
  return true;
}

function waitingFor(turn: Turn, token: string): { thread: Thread; phase: Calling } | null {
  for (const thread of turn.execution.threads.values()) {
    const { phase } = thread.visit;
    if (phase.kind === 'calling' && phase.token === token) return { thread, phase };
  }
  return null;
}
