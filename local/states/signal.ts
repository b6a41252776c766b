import type { InvocationResult, Json } from '#local/parts';
import { exitOf } from './decision.ts';
import { endExecution } from './ending.ts';
import type { Calling, Execution, Thread } from './execution.ts';
import { StateFailure, TIMEOUT } from './failure.ts';
import { callOut, play } from './interpreter.ts';
import { callFailure, functionFailure, resultOf } from './lambda-answer.ts';
import { exit, fail, inState } from './passage.ts';
import { resourceOf } from './state-task.ts';
import { append, type Environment, HistoryFull, input, newTurn, output, record, setPhase, type Turn } from './turn.ts';
import { bindingsOf, currentState } from './view.ts';

/** What can happen to an execution from outside. */
export type Signal =
  | { kind: 'start' }
  /** Another process goes on with it: calls in flight are made again, waits go on. */
  | { kind: 'resume' }
  /** Something may be due, or the last turn stopped for breath. */
  | { kind: 'tick' }
  | { kind: 'answered'; thread: number; ticket: number; answer: Answer }
  | { kind: 'settled'; token: string; outcome: { output: Json } | { error: string | null; cause: string | null } }
  | { kind: 'beat'; token: string }
  | { kind: 'stop'; error?: string; cause?: string };

export type Answer = { result: InvocationResult } | { thrown: unknown };

/** Deals with a signal as far as that goes without waiting. `heard`: false when it came too late to matter. */
export async function take(execution: Execution, signal: Signal, env: Environment): Promise<Turn & { heard: boolean }> {
  const turn = newTurn(execution, env);
  let heard = false;
  try {
    heard = !execution.end && (await receive(turn, signal));
    await play(turn);
  } catch (error) {
    if (!(error instanceof HistoryFull)) throw error;
    const { error: name, cause } = error;
    endExecution(turn, 'FAILED', execution.nextEvent - 1, { error: name, cause });
  }
  return Object.assign(turn, { heard });
}

async function receive(turn: Turn, signal: Signal): Promise<boolean> {
  switch (signal.kind) {
    case 'start':
      return begin(turn);
    case 'resume':
      return resume(turn);
    case 'tick':
      return tick(turn);
    case 'answered':
      return answered(turn, signal.thread, signal.ticket, signal.answer);
    case 'settled':
      return settled(turn, signal.token, signal.outcome);
    case 'beat':
      return beat(turn, signal.token);
    case 'stop':
      endExecution(turn, 'ABORTED', 0, withoutKind(signal));
      return true;
  }
}

function begin(turn: Turn): boolean {
  const { execution } = turn;
  const alias = execution.startedBy === null ? {} : startedBy(execution.startedBy);
  append(turn, 'ExecutionStarted', 0, { ...input(execution.input), roleArn: execution.roleArn, ...alias });
  turn.effects.push({ kind: 'announce', status: 'RUNNING' });
  turn.transitions += 1;
  for (const thread of execution.threads.values()) setPhase(turn, thread, { kind: 'ready' });
  return true;
}

/** A version's ARN ends in its number, an alias's in its name. */
export function startedBy(arn: string): { stateMachineVersionArn: string } | { stateMachineAliasArn: string } {
  return /:\d+$/.test(arn) ? { stateMachineVersionArn: arn } : { stateMachineAliasArn: arn };
}

function resume(turn: Turn): boolean {
  for (const thread of turn.execution.threads.values()) {
    const { kind } = thread.visit.phase;
    if (kind === 'ready' || kind === 'scheduled' || kind === 'done') turn.queue.push(thread.id);
    if (kind === 'calling') callOut(turn, thread);
  }
  return true;
}

async function tick(turn: Turn): Promise<boolean> {
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

async function answered(turn: Turn, id: number, ticket: number, answer: Answer): Promise<boolean> {
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

async function settled(
  turn: Turn,
  token: string,
  outcome: { output: Json } | { error: string | null; cause: string | null },
): Promise<boolean> {
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

function beat(turn: Turn, token: string): boolean {
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

function withoutKind({ error, cause }: { error?: string; cause?: string }): { error?: string; cause?: string } {
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
