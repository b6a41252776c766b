import { type Decision, exitOf, type View } from './decision.ts';
import type { State } from './definition.ts';
import { decideChoice } from './state-choice.ts';
import { decideFail } from './state-fail.ts';
import { decideMap } from './state-map.ts';
import { decideParallel } from './state-parallel.ts';
import { decideTask } from './state-task.ts';
import { decideWait } from './state-wait.ts';

/**
 * What a state wants, from what it sees: data in, decision out; nothing is recorded, called or kept here.
 * @throws StateFailure where the state fails before it wants anything.
 */
export async function decide(state: State, view: View): Promise<Decision> {
  switch (state.Type) {
    case 'Task':
      return decideTask(state, view);
    case 'Map':
      return decideMap(state, view);
    case 'Parallel':
      return decideParallel(state, view);
    case 'Choice':
      return decideChoice(state, view);
    case 'Wait':
      return decideWait(state, view);
    case 'Fail':
      return decideFail(state, view);
    case 'Pass':
    case 'Succeed':
      return { kind: 'exit', exit: exitOf(state, view.visit.input) };
  }
}
