import type { TaskTokens } from '#core/ports/executions';

export type TaskAnswer =
  | { token: string; kind: 'succeed'; output: Record<string, unknown> }
  | { token: string; kind: 'fail'; error: string; cause: string };

export interface FakeTaskTokens extends TaskTokens {
  /** The answers that were taken. */
  answers: TaskAnswer[];
  /** Tokens of the beats that were taken. */
  beats: string[];
  /** As after a timeout, or once the step has ended. */
  settle(token: string): void;
}

/** Any token is open until it is answered or settled. */
export function fakeTaskTokens(): FakeTaskTokens {
  const answers: TaskAnswer[] = [];
  const beats: string[] = [];
  const settled = new Set<string>();
  const answer = (given: TaskAnswer): 'ok' | 'settled' => {
    if (settled.has(given.token)) return 'settled';
    settled.add(given.token);
    answers.push(given);
    return 'ok';
  };

  return {
    answers,
    beats,
    settle: (token) => void settled.add(token),
    succeed: async (token, output) => answer({ token, kind: 'succeed', output }),
    fail: async (token, error, cause) => answer({ token, kind: 'fail', error, cause }),
    async beat(token) {
      if (settled.has(token)) return 'settled';
      beats.push(token);
      return 'ok';
    },
  };
}
