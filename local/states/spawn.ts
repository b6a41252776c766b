import type { Json } from '#local/parts';
import { exitOf } from './decision.ts';
import { flowAt, type MapState, type ParallelState } from './definition.ts';
import type { Spawned, Thread } from './execution.ts';
import { evaluate } from './expression.ts';
import { exit, inState } from './passage.ts';
import { newVisit, record, remove, setPhase, type Turn } from './turn.ts';
import { bindingsOf, currentState } from './view.ts';

/** Starts a Map or Parallel, or starts it again: a retry records another `…StateStarted` and no second entry. */
export async function spawn(turn: Turn, thread: Thread, items: Json[], limit: number): Promise<void> {
  const state = ownerState(turn, thread);
  record(turn, thread, `${state.Type}StateStarted`, state.Type === 'Map' ? { length: items.length } : null);
  setPhase(turn, thread, { kind: 'spawned', items, results: items.map(() => null), next: 0, finished: 0 });
  const after = thread.lastEvent;
  const first = Math.min(limit, items.length);
  for (let i = 0; i < first; i += 1) await startNext(turn, thread, state, after);
  if (items.length === 0) await complete(turn, thread, state);
}

async function startNext(turn: Turn, parent: Thread, state: MapState | ParallelState, after: number): Promise<void> {
  const { phase, state: name } = parent.visit;
  if (phase.kind !== 'spawned') return;
  const { execution } = turn;
  const index = phase.next;
  const value = phase.items[index] ?? null;
  const isMap = state.Type === 'Map';
  const item = isMap ? { Index: index, Value: value } : parent.item;
  const path = [...parent.path, { state: name, branch: isMap ? null : index }];
  const visit = newVisit(flowAt(execution.machine, path).StartAt, value);
  const variables = structuredClone(parent.variables);
  const id = execution.nextThread++;
  const thread: Thread = { id, parent: parent.id, index, path, variables, item, lastEvent: after, visit };
  phase.next += 1;
  turn.changed.add(parent.id);
  execution.threads.set(id, thread);
  if (isMap) {
    record(turn, thread, 'MapIterationStarted', { name, index });
    visit.input = await selectItem(turn, parent, state, thread);
  }
  setPhase(turn, thread, { kind: 'ready' });
}

/** ItemSelector sees the Map's own input, with the item in the context. */
async function selectItem(turn: Turn, parent: Thread, state: MapState, thread: Thread): Promise<Json> {
  if (state.ItemSelector === undefined) return thread.visit.input;
  const bindings = bindingsOf(turn.execution, { ...parent, item: thread.item }, state);
  return evaluate(state.ItemSelector, 'ItemSelector', bindings);
}

/** A branch or iteration has come to its end: the next item, or the end of the Map or Parallel. */
export async function finishThread(turn: Turn, thread: Thread, result: Json): Promise<void> {
  const parent = turn.execution.threads.get(thread.parent ?? -1);
  if (parent?.visit.phase.kind !== 'spawned') throw new Error('a thread has ended whose Map or Parallel has not begun');
  const { phase } = parent.visit;
  const state = ownerState(turn, parent);
  const before = thread.lastEvent;
  phase.results[thread.index] = result;
  phase.finished += 1;
  if (state.Type === 'Map') {
    record(turn, thread, 'MapIterationSucceeded', { name: parent.visit.state, index: thread.index });
  }
  remove(turn, thread);
  turn.changed.add(parent.id);
  await inState(turn, parent, async () => {
    if (phase.next < phase.items.length) return startNext(turn, parent, state, before);
    if (phase.finished < phase.items.length) return;
    parent.lastEvent = thread.lastEvent;
    await complete(turn, parent, state);
  });
}

async function complete(turn: Turn, parent: Thread, state: MapState | ParallelState): Promise<void> {
  const { results: result } = parent.visit.phase as Spawned;
  record(turn, parent, `${state.Type}StateSucceeded`, null, true);
  await exit(turn, parent, exitOf(state, result), bindingsOf(turn.execution, parent, state, { result }));
}

function ownerState(turn: Turn, thread: Thread): MapState | ParallelState {
  const state = currentState(turn.execution, thread);
  if (state.Type === 'Map' || state.Type === 'Parallel') return state;
  throw new Error(`the state '${thread.visit.state}' starts no threads`);
}
