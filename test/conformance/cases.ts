import type { Case } from '#test/local/states/cases/case';
import { CATCH_CASES } from '#test/local/states/cases/catch';
import { CHOICE } from '#test/local/states/cases/choice';
import { ENDS } from '#test/local/states/cases/ends';
import { EXPRESSION } from '#test/local/states/cases/expression';
import { MAP } from '#test/local/states/cases/map';
import { MAP_FAILURES } from '#test/local/states/cases/map-failures';
import { PARALLEL } from '#test/local/states/cases/parallel';
import { PASS } from '#test/local/states/cases/pass';
import { RETRY_CASES } from '#test/local/states/cases/retry';
import { TASK } from '#test/local/states/cases/task';
import { TOKEN_CASES } from '#test/local/states/cases/token';
import { VARIABLES } from '#test/local/states/cases/variables';
import { WAIT } from '#test/local/states/cases/wait';

/** Every case that `npm test` runs on the interpreter. */
export const CASES: Case[] = [
  ...[PASS, EXPRESSION, VARIABLES, TASK, RETRY_CASES, CATCH_CASES, TOKEN_CASES],
  ...[MAP, MAP_FAILURES, PARALLEL, CHOICE, WAIT, ENDS],
].flat();
