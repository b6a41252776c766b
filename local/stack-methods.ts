import { memoryOf } from './memory.ts';
import type { Stack } from './stack.ts';

/** What whoever started the stack may ask it, beside the application's own APIs. Data in, data out. */
export const stackMethods = {
  /** A bearer token for a named user. */
  token: (stack: Stack, { sub }: { sub: string }) => stack.issuer.token(sub, { expiresInSeconds: 12 * 3_600 }),
  /** Puts a repository of this machine on the stack's git host; returns its clone URL. */
  importRepository: (stack: Stack, { name, path }: { name: string; path: string }) =>
    stack.gitHost.importRepository(name, path),
  /** What the AWS calls from then on (ms), up to `until` if given, would have cost. */
  bill: (stack: Stack, span: { since: number; until?: number }) => stack.ledger.bill(span),
  /** Every alarm of the template, as CloudWatch would show it now. */
  alarms: (stack: Stack) => stack.alarms(),
  denials: (stack: Stack) => stack.iam.report(),
  sandboxes: (stack: Stack) => stack.e2b.sandboxes(),
  memory: memoryOf,
} as const;

export type StackMethod = keyof typeof stackMethods;
