import type { JsonObject } from '#local/parts';
import type { Catcher, Retrier } from './definition.ts';

/** `null` is what SendTaskFailure leaves when it names no error; `undefined` is a cause that nobody stated. */
type Text = string | null | undefined;

/** The failure of a state, on its way to a Retry, a Catch or the end of the execution. */
export class StateFailure extends Error {
  override name = 'StateFailure';
  readonly error: string | null;
  override readonly cause: Text;
  /** The field whose expression failed, e.g. `Output/result`: such a failure is recorded as EvaluationFailed. */
  readonly location: string | null;
  /** A second name that Retry and Catch may know it by. */
  readonly alias: string | null;
  /** Reported by the task itself, not by the interpreter. */
  readonly fromTask: boolean;

  constructor(error: string | null, cause: Text, how: { location?: string; alias?: string; fromTask?: boolean } = {}) {
    super(`${error}: ${cause ?? ''}`);
    this.error = error;
    this.cause = cause;
    this.location = how.location ?? null;
    this.alias = how.alias ?? null;
    this.fromTask = how.fromTask ?? false;
  }

  /** `$states.errorOutput`; a failure without a cause, such as a timeout, shows an empty one (recorded on AWS). */
  get output(): JsonObject {
    return { Error: this.error, Cause: this.cause === undefined ? '' : this.cause };
  }

  /** `{error, cause}` of history events: what was not stated is absent. */
  get details(): JsonObject {
    return { ...(this.error === null ? {} : { error: this.error }), ...(this.cause ? { cause: this.cause } : {}) };
  }

  /** The same failure where it passes into an enclosing Map or Parallel: recorded once, at its source. */
  outward(): StateFailure {
    return new StateFailure(this.error, this.cause, {
      ...(this.alias === null ? {} : { alias: this.alias }),
      fromTask: this.fromTask,
    });
  }

  withCausePrefix(prefix: string): StateFailure {
    const how = this.location === null ? {} : { location: this.location };
    return new StateFailure(this.error, `${prefix}${this.cause ?? ''}`, how);
  }
}

export const RUNTIME = 'States.Runtime';
export const TIMEOUT = 'States.Timeout';
export const DATA_LIMIT = 'States.DataLimitExceeded';
export const QUERY = 'States.QueryEvaluationError';

/** AWS ends the execution with it: no Retry and no Catch ever sees it. */
export function endsTheExecution(failure: StateFailure): boolean {
  return failure.error === RUNTIME;
}

function matches(names: readonly string[], failure: StateFailure): boolean {
  return names.some((name) => {
    if (name === 'States.ALL') return failure.error !== DATA_LIMIT || failure.fromTask;
    if (name === 'States.TaskFailed') return failure.error !== TIMEOUT;
    return name === failure.error || name === failure.alias;
  });
}

/** The retrier that applies, and the ms to wait before the next attempt; null when it is used up or there is none. */
export function retryAfter(
  retriers: readonly Retrier[] | undefined,
  used: readonly number[],
  failure: StateFailure,
  random: () => number,
): { retrier: number; delay: number } | null {
  const index = (retriers ?? []).findIndex((retrier) => matches(retrier.ErrorEquals, failure));
  const retrier = retriers?.[index];
  const attempts = used[index] ?? 0;
  if (!retrier || attempts >= (retrier.MaxAttempts ?? 3)) return null;
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempts;
  const capped = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return { retrier: index, delay: 1000 * capped * (retrier.JitterStrategy === 'FULL' ? random() : 1) };
}

export function catcherFor(
  catchers: readonly Catcher[] | undefined,
  failure: StateFailure,
): { index: number; catcher: Catcher } | null {
  const index = (catchers ?? []).findIndex((catcher) => matches(catcher.ErrorEquals, failure));
  const catcher = catchers?.[index];
  return catcher ? { index, catcher } : null;
}
