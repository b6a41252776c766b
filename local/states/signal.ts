import { tick } from './clock.ts';
import { endExecution } from './ending.ts';
import type { Execution } from './execution.ts';
import { callOut, play } from './interpreter.ts';
import { type Answer, answered, beat, type Outcome, settled } from './task-outcome.ts';
import { append, type Environment, HistoryFull, input, newTurn, setPhase, type Turn } from './turn.ts';

/** What can happen to an execution from outside. */
export type Signal =
  | { kind: 'start' }
  /** Another process goes on with it: calls in flight are made again, waits go on. */
  | { kind: 'resume' }
  /** Something may be due, or the last turn stopped for breath. */
  | { kind: 'tick' }
  | { kind: 'answered'; thread: number; ticket: number; answer: Answer }
  | { kind: 'settled'; token: string; outcome: Outcome }
  | { kind: 'beat'; token: string }
  | { kind: 'stop'; error?: string; cause?: string };

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

function withoutKind({ error, cause }: { error?: string; cause?: string }): { error?: string; cause?: string } {
  return { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}
