import type { Subject } from '../case.ts';
import { artifactStoreCases } from './artifact-store.cases.ts';
import { attemptStoreCases } from './attempt-store.cases.ts';
import { budgetsCases } from './budgets.cases.ts';
import { connectionsCases } from './connections.cases.ts';
import { eventLogCases } from './event-log.cases.ts';
import { jobQueueCases } from './job-queue.cases.ts';
import { jobStoreCases } from './job-store.cases.ts';
import { liveCases } from './live.cases.ts';
import { permitsCases } from './permits.cases.ts';
import { sessionStoreCases } from './session-store.cases.ts';
import { tokensCases } from './tokens.cases.ts';

/** What every world promises. */
export function allCases(subject: Subject): void {
  jobStoreCases(subject);
  attemptStoreCases(subject);
  eventLogCases(subject);
  permitsCases(subject);
  budgetsCases(subject);
  sessionStoreCases(subject);
  tokensCases(subject);
  connectionsCases(subject);
  jobQueueCases(subject);
  artifactStoreCases(subject);
  liveCases(subject);
}
