import { CHOICE, ENDS, WAIT } from './cases/flow-control.ts';
import { MAP } from './cases/map.ts';
import { PARALLEL } from './cases/parallel.ts';
import { PASS } from './cases/pass.ts';
import { RECOVERY } from './cases/recovery.ts';
import { TASK } from './cases/task.ts';
import { TOKEN_CASES } from './cases/token.ts';
import { VARIABLES } from './cases/variables.ts';
import { runCases } from './run-cases.ts';

runCases({
  Pass: PASS,
  variables: VARIABLES,
  Task: TASK,
  'Retry and Catch': RECOVERY,
  'task tokens': TOKEN_CASES,
  Map: MAP,
  Parallel: PARALLEL,
  Choice: CHOICE,
  Wait: WAIT,
  ends: ENDS,
});
