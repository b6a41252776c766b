import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { State } from './definition.ts';
import type { Thread } from './execution.ts';
import { exit, fail, inState } from './passage.ts';
import { finishThread, spawn } from './spawn.ts';
import { resourceOf } from './state-task.ts';
import { input, record, setPhase, type Turn } from './turn.ts';
import { bindingsOf, currentState, viewOf } from './view.ts';

/** States that one turn runs through at most, so that an endless loop of Choice states lets StopExecution in. */
const STEPS = 200;

/** Takes every thread that can go on as far as it goes. */
export async function play(turn: Turn): Promise<void> {
  for (let steps = 0; steps < STEPS && !turn.execution.end; steps += 1) {
    const id = turn.queue.shift();
    if (id === undefined) return;
    const thread = turn.execution.threads.get(id);
    if (thread) await inState(turn, thread, () => step(turn, thread));
  }
}

async function step(turn: Turn, thread: Thread): Promise<void> {
  const { visit } = thread;
  const { phase } = visit;
  if (phase.kind === 'done') return finishThread(turn, thread, phase.output);
  if (phase.kind === 'scheduled') return start(turn, thread);
  if (phase.kind !== 'ready') return;
  const state = currentState(turn.execution, thread);
  if (visit.enteredEvent === 0) enter(turn, thread, state);
  await apply(turn, thread, state, await decide(state, viewOf(turn, thread, state)));
}

function enter(turn: Turn, thread: Thread, state: State): void {
  const { visit } = thread;
  visit.enteredAt = turn.now;
  visit.enteredAfter = thread.lastEvent;
  visit.enteredEvent = record(turn, thread, `${state.Type}StateEntered`, { name: visit.state, ...input(visit.input) });
  turn.transitions += 1;
}

async function apply(turn: Turn, thread: Thread, state: State, decision: Decision): Promise<void> {
  switch (decision.kind) {
    case 'exit':
      return exit(turn, thread, decision.exit, bindingsOf(turn.execution, thread, state));
    case 'sleep':
      return setPhase(turn, thread, { kind: 'sleeping', until: decision.until });
    case 'call':
      record(turn, thread, 'TaskScheduled', decision.scheduled);
      if (decision.call.token !== null) turn.tokens.push(decision.call.token);
      return setPhase(turn, thread, { ...decision.call, kind: 'scheduled' });
    case 'spawn':
      return spawn(turn, thread, decision.items, decision.limit);
    case 'fail':
      return fail(turn, thread, decision.failure);
  }
}

/** A step of its own: AWS records the calls of all threads as scheduled before it records the first as started. */
function start(turn: Turn, thread: Thread): void {
  const { phase } = thread.visit;
  if (phase.kind !== 'scheduled') return;
  record(turn, thread, 'TaskStarted', resourceOf(phase));
  setPhase(turn, thread, { ...phase, kind: 'calling' });
  callOut(turn, thread);
}

/** Asks for the call that a thread waits for; after a restart, again. */
export function callOut(turn: Turn, thread: Thread): void {
  const { phase, ticket } = thread.visit;
  if (phase.kind !== 'calling' || phase.submitted) return;
  const { functionArn, payload } = phase;
  turn.effects.push({ kind: 'invoke', thread: thread.id, ticket, functionArn, payload });
}
