import { EXPRESSION } from './cases/expression.ts';
import { runCases } from './run-cases.ts';

// Apart from the other cases: some of these hold the processor for a while, which the clocks of others would notice.
runCases({ expressions: EXPRESSION });
