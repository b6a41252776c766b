import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerJson } from './api-error.ts';
import type { Effect } from './faults.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';

/** What effects work on. */
export interface FaultScene {
  fleet: SandboxFleet;
  /** Empty where the call is about no sandbox. */
  sandboxId: string;
  response: ServerResponse;
}

const GO_ON = 'go on' as const;
type Outcome = typeof GO_ON | 'done';
type Act<K extends Effect['kind']> = (
  effect: Extract<Effect, { kind: K }>,
  scene: FaultScene,
) => Outcome | Promise<Outcome>;

/** What an effect does before the call. The last two are looked up by what they change, with `effectOf`. */
const ACTS: { [K in Effect['kind']]: Act<K> } = {
  answer: ({ status, message, body, retryAfter }, { response }) => {
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    answerJson(response, status, body ?? { code: status, message }, headers);
    return 'done';
  },
  'lose-answer': (_, { response }) => {
    const lose = () => response.destroy();
    Object.assign(response, { writeHead: () => response, flushHeaders: () => {}, write: () => true, end: lose });
    return GO_ON;
  },
  reset: (_, { response }) => {
    response.destroy();
    return 'done';
  },
  delay: async ({ milliseconds }) => {
    await sleep(milliseconds, undefined, { ref: false });
    return GO_ON;
  },
  hang: () => 'done',
  cut: ({ afterBytes }, { response }) => {
    cutAfter(response, afterBytes);
    return GO_ON;
  },
  'kill-sandbox': async (_, { fleet, sandboxId }) => {
    await fleet.kill(sandboxId);
    return GO_ON;
  },
  'shorten-life': ({ milliseconds }, { fleet, sandboxId }) => {
    setTimeout(() => fleet.kill(sandboxId), milliseconds).unref();
    return GO_ON;
  },
  'stale-list': () => GO_ON,
  withhold: () => GO_ON,
};

/** Does the call as its faults want it. */
export async function withFaults(
  effects: Effect[],
  scene: FaultScene,
  work: () => Promise<void> | void,
): Promise<void> {
  for (const effect of effects) {
    const act = ACTS[effect.kind] as Act<Effect['kind']>;
    if ((await act(effect, scene)) === 'done') {
      return;
    }
  }
  await work();
}

/** The effect of one kind, for those that the work itself has to know. */
export function effectOf<K extends Effect['kind']>(
  effects: Effect[],
  kind: K,
): Extract<Effect, { kind: K }> | undefined {
  return effects.find((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
}

function cutAfter(response: ServerResponse, bytes: number): void {
  const write = response.write.bind(response);
  let left = bytes;
  const cutting = (chunk: unknown): boolean => {
    const data = Buffer.from((chunk ?? '') as string | Buffer);
    if (data.length < left) {
      left -= data.length;
      return write(data);
    }
    write(data.subarray(0, left), () => response.destroy());
    left = 0;
    return true;
  };
  const end = (chunk: unknown) => {
    cutting(chunk);
    // An answer shorter than the cut is cut at its end.
    setImmediate(() => response.destroy());
    return response;
  };
  Object.assign(response, { write: cutting, end });
}
