import { CATCH_CASES } from './cases/catch.ts';
import { CHOICE } from './cases/choice.ts';
import { ENDS } from './cases/ends.ts';
import { MAP } from './cases/map.ts';
import { MAP_FAILURES } from './cases/map-failures.ts';
import { PARALLEL } from './cases/parallel.ts';
import { PASS } from './cases/pass.ts';
import { RETRY_CASES } from './cases/retry.ts';
import { TASK } from './cases/task.ts';
import { TOKEN_CASES } from './cases/token.ts';
import { VARIABLES } from './cases/variables.ts';
import { WAIT } from './cases/wait.ts';
import { runCases } from './run-cases.ts';

runCases({
  Pass: PASS,
  variables: VARIABLES,
  Task: TASK,
  Retry: RETRY_CASES,
  Catch: CATCH_CASES,
  'task tokens': TOKEN_CASES,
  Map: MAP,
  'failing Maps': MAP_FAILURES,
  Parallel: PARALLEL,
  Choice: CHOICE,
  Wait: WAIT,
  ends: ENDS,
});
