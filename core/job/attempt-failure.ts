import type { RunnerResult } from '#core/workflow/runner';
import { type Failure, type FailureCode, failure, PatchbayError } from '../errors.ts';

/** How a run ended, as far as the control plane knows. */
export interface RunEnd {
  /** Name and message of the error that ended the step, e.g. `States.Timeout`. */
  error?: string | undefined;
  cause?: string | undefined;
  /** The runner's own result.json, when there is a valid one. */
  result?: RunnerResult | undefined;
  /** The provider says that the sandbox is gone. */
  lost?: boolean;
}

type Reason = readonly [code: FailureCode, message: string];

const byStatus: Record<RunnerResult['status'], Reason> = {
  succeeded: ['no_patch', 'The agent finished without changing anything.'],
  no_changes: ['no_patch', 'The agent finished without changing anything.'],
  budget_exhausted: ['budget_exhausted', 'The budget was used up before there was a patch.'],
  timed_out: ['timed_out', 'The time was over before there was a patch.'],
  cancelled: ['internal', 'The run was ended from outside before there was a patch.'],
  setup_failed: ['setup_failed', 'The repository could not be prepared.'],
  agent_error: ['agent_error', 'The agent failed.'],
  infra_error: ['internal', 'The sandbox ran out of disk or memory.'],
};

/** Codes in the runner's result.json that say more than its status. */
const byRunnerCode: Record<string, FailureCode> = {
  repo_unreachable: 'repo_unreachable',
  patch_withheld: 'patch_rejected',
};

const byError: Record<string, Reason> = {
  ProviderBusy: ['provider_busy', 'The sandbox provider had no slot.'],
  SandboxLost: ['sandbox_lost', 'The sandbox was lost.'],
  'States.Timeout': ['timed_out', 'The run did not end in its time.'],
  'States.HeartbeatTimeout': ['sandbox_lost', 'The sandbox fell silent.'],
};

/**
 * Why an attempt without a usable diff failed: a lost sandbox first, then the time limit of the workflow, then what the
 * runner says of itself, then the error that ended the step.
 */
export function attemptFailure(end: RunEnd): Failure {
  if (end.lost) return failure('sandbox_lost', 'The sandbox was lost; its last checkpoint is kept.');
  const stepped = end.error === undefined ? undefined : byError[end.error];
  const { result } = end;
  if (result !== undefined && (stepped === undefined || result.status !== 'cancelled')) {
    const [code, message] = byStatus[result.status];
    return failure(byRunnerCode[result.error?.code ?? ''] ?? code, clipped(result.error?.message ?? message));
  }
  if (stepped !== undefined) return failure(...stepped);
  if (end.error === undefined) return failure('internal', 'The runner ended without a result.');
  const said = end.error === PatchbayError.name ? errorMessageIn(end.cause) : undefined;
  return failure('internal', said === undefined ? `The step failed: ${end.error}.` : clipped(said));
}

/**
 * Lambda's `{"errorType", "errorMessage", "trace"}`, which the machine has cut somewhere in the trace. Only our own errors
 * are written for people.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
function errorMessageIn(cause = ''): string | undefined {
  const quoted = /"errorMessage":\s*("(?:[^"\\]|\\.)*")/.exec(cause)?.[1];
  return quoted === undefined ? undefined : String(JSON.parse(quoted));
}

/** Of several attempts' failures the one that tells a person most: what they can change comes first. */
const telling: readonly FailureCode[] = [
  'repo_unreachable',
  'setup_failed',
  'budget_exhausted',
  'timed_out',
  'patch_rejected',
  'no_patch',
  'agent_error',
  'sandbox_lost',
  'provider_busy',
  'no_capacity',
  'internal',
];

export function mostTelling(failures: readonly Failure[]): Failure {
  const [first] = failures.toSorted((a, b) => telling.indexOf(a.code) - telling.indexOf(b.code));
  return first ?? failure('internal', 'No attempt left a result.');
}

function clipped(text: string): string {
  return text.length <= 500 ? text : `${text.slice(0, 499)}…`;
}
