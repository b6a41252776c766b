import type { Json, JsonObject } from '#local/parts';
import type { End, Thread } from './execution.ts';
import { append, output, record, remove, type Turn } from './turn.ts';
import { currentState } from './view.ts';

const LAST_EVENT = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

export interface Ending {
  output?: Json;
  error?: Json;
  cause?: Json;
}

/** Nothing of the execution goes on after this; calls that are under way are left alone and their answers dropped. */
export function endExecution(turn: Turn, status: End['status'], previous: number, ending: Ending): void {
  const { execution } = turn;
  const details = status === 'SUCCEEDED' ? output(ending.output ?? null) : (ending as JsonObject);
  append(turn, LAST_EVENT[status], previous, details);
  execution.end = { status, at: turn.now, ...(status === 'TIMED_OUT' ? {} : described(ending)) };
  for (const thread of [...execution.threads.values()]) remove(turn, thread);
  const announcements = turn.effects.filter(({ kind }) => kind === 'announce');
  turn.effects = [...announcements, { kind: 'announce', status }];
}

/** What DescribeExecution shows. A timeout of the execution shows in its history alone (recorded on AWS). */
function described({ output: value, error, cause }: Ending): Pick<End, 'output' | 'error' | 'cause'> {
  return {
    ...(value === undefined ? {} : { output: value }),
    ...(typeof error === 'string' ? { error } : {}),
    ...(typeof cause === 'string' ? { cause } : {}),
  };
}

/**
 * Takes down the threads of a Map or Parallel; their last events hang on the one that brought them down, aside from the
 * chain (recorded on AWS).
 * @param failed the thread that failed, or null where the Map itself did.
 */
export function abortThreads(turn: Turn, parent: Thread, failed: Thread | null): void {
  const cause = (failed ?? parent).lastEvent;
  const threads = [...turn.execution.threads.values()].filter((thread) => thread.parent === parent.id);
  for (const thread of threads.sort((a, b) => a.index - b.index)) {
    thread.lastEvent = cause;
    recordAbort(turn, parent, thread, thread === failed);
    remove(turn, thread);
  }
}

function recordAbort(turn: Turn, parent: Thread, thread: Thread, isFailed: boolean): void {
  const { phase, enteredEvent } = thread.visit;
  const spawned = phase.kind === 'spawned' && !isFailed;
  if (currentState(turn.execution, parent).Type === 'Map') {
    const type = isFailed ? 'MapIterationFailed' : 'MapIterationAborted';
    record(turn, thread, type, { name: parent.visit.state, index: thread.index }, true);
  }
  if (spawned) abortThreads(turn, thread, null);
  const { Type } = currentState(turn.execution, thread);
  if (enteredEvent > 0 && (Type === 'Task' || Type === 'Wait' || spawned)) {
    record(turn, thread, `${Type}StateAborted`, null, true);
  }
}
