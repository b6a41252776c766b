import type { Measurement } from './measurement.ts';
import { demo } from './measurements/demo.ts';
import { firstCall } from './measurements/first-call.ts';

/** In the order of the page. */
export const measurements: readonly Measurement[] = [demo, firstCall];
