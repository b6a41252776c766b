import type { Json, JsonObject } from '#local/parts';
import { checkSize } from './data-limit.ts';
import type { Exit } from './decision.ts';
import type { Catcher, Retrier, State } from './definition.ts';
import { abortThreads, endExecution } from './ending.ts';
import type { Thread } from './execution.ts';
import { type Bindings, evaluate } from './expression.ts';
import { catcherFor, endsTheExecution, retryAfter, StateFailure } from './failure.ts';
import { append, newVisit, output, record, setPhase, span, type Turn } from './turn.ts';
import { bindingsOf, currentState } from './view.ts';

/** Runs what a state does; its failure goes to the Retry and Catch of that state. */
export async function inState(turn: Turn, thread: Thread, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    await fail(turn, thread, error);
  }
}

/**
 * Leaves a state: Assign and Output, both seeing the variables as they were on entry, then on to the next state or to the
 * end of the thread.
 * @throws StateFailure
 */
export async function exit(turn: Turn, thread: Thread, how: Exit, bindings: Bindings): Promise<void> {
  const { state } = thread.visit;
  const assigned = (await evaluate(how.from.Assign ?? {}, `${how.at}Assign`, bindings)) as JsonObject;
  const result: Json =
    how.from.Output === undefined ? how.fallback : await evaluate(how.from.Output, `${how.at}Output`, bindings);
  checkSize(assigned, state);
  checkSize(result, state);
  const { Type } = currentState(turn.execution, thread);
  record(turn, thread, `${Type}StateExited`, { name: state, ...output(result), ...assignment(assigned) });
  Object.assign(thread.variables, assigned);
  if (how.next !== null) {
    thread.visit = newVisit(how.next, result);
    return setPhase(turn, thread, { kind: 'ready' });
  }
  if (thread.parent !== null) return setPhase(turn, thread, { kind: 'done', output: result });
  endExecution(turn, 'SUCCEEDED', thread.lastEvent, { output: result });
}

function assignment(assigned: JsonObject): JsonObject {
  if (Object.keys(assigned).length === 0) return {};
  const texts = Object.entries(assigned).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return { assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: { truncated: false } };
}

/** Sends a failure to the state's Retry, then to its Catch, then outward. */
export async function fail(turn: Turn, thread: Thread, raw: StateFailure): Promise<void> {
  const failure = recordEvaluation(turn, thread, raw);
  if (endsTheExecution(failure)) return endExecution(turn, 'FAILED', thread.lastEvent, failure.details);
  const state = currentState(turn.execution, thread);
  const { Retry, Catch } = recoveryOf(state);
  const started = thread.visit.phase.kind === 'spawned';
  if (started) abortThreads(turn, thread, null);
  const retry = retryAfter(Retry, thread.visit.retries, failure, turn.env.random);
  if (retry) return backOff(turn, thread, retry.retrier, retry.delay);
  if (started) record(turn, thread, `${state.Type}StateFailed`, null);
  const found = catcherFor(Catch, failure);
  if (!found) return leave(turn, thread, failure);
  const { catcher, index } = found;
  const errorOutput = failure.output;
  const how: Exit = { from: catcher, at: `Catch[${index}]/`, fallback: errorOutput, next: catcher.Next };
  try {
    await exit(turn, thread, how, bindingsOf(turn.execution, thread, state, { errorOutput }));
  } catch (error) {
    // A catcher that fails is caught neither by itself nor by its neighbours.
    if (!(error instanceof StateFailure)) throw error;
    await leave(turn, thread, recordEvaluation(turn, thread, error));
  }
}

function recoveryOf(state: State): { Retry?: Retrier[]; Catch?: Catcher[] } {
  return state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel' ? state : {};
}

function backOff(turn: Turn, thread: Thread, retrier: number, delay: number): void {
  const { visit } = thread;
  const used = Math.max(visit.retries.length, retrier + 1);
  visit.retries = Array.from({ length: used }, (_, i) => (visit.retries[i] ?? 0) + (i === retrier ? 1 : 0));
  visit.retryCount += 1;
  setPhase(turn, thread, { kind: 'backoff', until: turn.now + span(turn, delay / 1000) });
}

/** A failed expression has an event of its own; it hangs where the state's entry hangs, if nothing came between. */
function recordEvaluation(turn: Turn, thread: Thread, raw: StateFailure): StateFailure {
  if (raw.location === null && !endsTheExecution(raw)) return raw;
  const { state, enteredEvent, enteredAfter } = thread.visit;
  const where = `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}). `;
  const failure = raw.withCausePrefix(where);
  if (failure.location === null) return failure;
  const location = failure.location === '' ? {} : { location: failure.location };
  const previous = thread.lastEvent === enteredEvent ? enteredAfter : thread.lastEvent;
  thread.lastEvent = append(turn, 'EvaluationFailed', previous, { ...failure.details, ...location, state });
  turn.changed.add(thread.id);
  return failure;
}

/** The thread is lost: the execution with it, or the Map or Parallel that it works for, its siblings being aborted. */
async function leave(turn: Turn, thread: Thread, failure: StateFailure): Promise<void> {
  const parent = thread.parent === null ? undefined : turn.execution.threads.get(thread.parent);
  if (!parent) return endExecution(turn, 'FAILED', thread.lastEvent, failure.details);
  abortThreads(turn, parent, thread);
  parent.lastEvent = thread.lastEvent;
  turn.changed.add(parent.id);
  await fail(turn, parent, failure.outward());
}
