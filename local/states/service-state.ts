import type { Machine } from './definition.ts';
import type { Driver } from './driver.ts';
import type { Store } from './store.ts';
import type { Environment } from './turn.ts';

/** A state machine that the linter has let through. */
export interface Registered {
  arn: string;
  name: string;
  roleArn: string;
  definition: Machine;
  /** ARNs of its versions and aliases. */
  versions: string[];
}

/** What the operations work on. */
export interface Service {
  machines: Registered[];
  store: Store;
  driver: Driver;
  env: Environment;
  startedAt: number;
}
