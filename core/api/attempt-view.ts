import type { Attempt } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { isReplay } from '#core/models';
import type { AttemptView } from './views.ts';

export function attemptView(attempt: Attempt): AttemptView {
  const { diff, beat, usage } = attempt;
  return {
    n: attempt.n,
    round: attempt.round,
    status: attempt.status,
    phase: attemptPhase(attempt),
    model: attempt.model,
    strategy: attempt.strategy,
    replay: isReplay(attempt.model),
    sandbox_id: attempt.sandbox_id ?? null,
    steps: beat?.steps ?? 0,
    cost_usd: usage.cost_usd,
    diff: diff === undefined ? null : diffView(diff),
    verified: attempt.verified,
    failure: attempt.failure ?? null,
    started_at: attempt.started_at ?? null,
    finished_at: attempt.finished_at ?? null,
  };
}

function diffView({ files, insertions, deletions, tests }: NonNullable<Attempt['diff']>): AttemptView['diff'] {
  return { files, insertions, deletions, tests: tests ?? null };
}

/** What an attempt is doing; while its agent runs, the runner says it with every beat. Null at its end. */
export function attemptPhase(attempt: Attempt): string | null {
  if (hasAttemptEnded(attempt.status)) return null;
  if (attempt.status === 'waiting') return 'provisioning';
  return attempt.status === 'running' ? (attempt.beat?.phase ?? 'preparing') : attempt.status;
}
