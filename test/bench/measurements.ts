import type { Measurement } from './measurement.ts';
import { bundles } from './measurements/bundles.ts';
import { checks } from './measurements/checks.ts';
import { cost } from './measurements/cost.ts';
import { demo } from './measurements/demo.ts';
import { firstCall } from './measurements/first-call.ts';
import { freshClone } from './measurements/fresh-clone.ts';
import { gateway } from './measurements/gateway.ts';
import { memory } from './measurements/memory.ts';
import { milestoneLatency } from './measurements/milestone-latency.ts';
import { parallelJobs } from './measurements/parallel-jobs.ts';
import { solveLatency } from './measurements/solve-latency.ts';

/** In the order of the page. */
export const measurements: readonly Measurement[] = [
  demo,
  freshClone,
  firstCall,
  solveLatency,
  milestoneLatency,
  gateway,
  parallelJobs,
  memory,
  bundles,
  cost,
  checks,
];
