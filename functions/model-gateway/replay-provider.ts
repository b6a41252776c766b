import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { Provider, ProviderAnswer } from './provider.ts';

const Turn = z.object({
  latency_ms: z.number().nonnegative(),
  content: z.string().nullable(),
  tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })),
  usage: z.object({
    prompt_tokens: z.int().nonnegative(),
    completion_tokens: z.int().nonnegative(),
    cached_tokens: z.int().nonnegative(),
  }),
});

/** A recorded run: its turns by phase, each with the time it took. */
export const Replay = z.object({
  version: z.literal(1),
  name: z.string(),
  note: z.string(),
  phases: z.object({ plan: z.array(Turn), execute: z.array(Turn) }),
});
export type Replay = z.infer<typeof Replay>;

/** Recorded turns with their recorded latencies: no model, no key. The runner says which turn it is at. */
export function replayProvider(
  replays: ReadonlyMap<string, Replay>,
  sleep: (ms: number, signal: AbortSignal) => Promise<void>,
  timeScale: number,
): Provider {
  return async ({ model, turn: position, signal }) => {
    const replay = replays.get(model.name);
    if (replay === undefined) {
      throw new PatchbayError(
        'unprocessable',
        `There is no recording "${model.name}": ${[...replays.keys()].join(', ')}.`,
      );
    }
    const turn = turnAt(replay, position);
    await sleep(turn.latency_ms / timeScale, signal);
    return answer(replay, turn, position ?? '');
  };
}

function turnAt(replay: Replay, position: string | undefined): z.infer<typeof Turn> {
  const [, phase, n] = /^(plan|execute)\/(\d{1,4})$/.exec(position ?? '') ?? [];
  if (phase !== 'plan' && phase !== 'execute') {
    throw new PatchbayError('invalid_request', 'A recording needs the header x-patchbay-turn: <plan|execute>/<n>.');
  }
  const turn = replay.phases[phase][Number(n)];
  if (turn !== undefined) return turn;
  const message = `The recording "${replay.name}" has ${replay.phases[phase].length} turns in phase ${phase}, not ${n}.`;
  throw new PatchbayError('conflict', message, { remedy: 'A recording only fits the repository it was made for.' });
}

function answer(replay: Replay, turn: z.infer<typeof Turn>, position: string): ProviderAnswer {
  const { prompt_tokens, completion_tokens, cached_tokens } = turn.usage;
  const tool_calls = turn.tool_calls.map(({ id, ...call }) => ({ id, type: 'function', function: call }));
  const calls = tool_calls.length > 0;
  const message = { role: 'assistant', content: turn.content, ...(calls && { tool_calls }) };
  return {
    body: {
      id: `replay-${replay.name}-${position.replace('/', '-')}`,
      object: 'chat.completion',
      model: `replay/${replay.name}`,
      choices: [{ index: 0, message, finish_reason: calls ? 'tool_calls' : 'stop' }],
      usage: {
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens + completion_tokens,
        prompt_tokens_details: { cached_tokens },
      },
    },
    tokens: { input: prompt_tokens, cached: cached_tokens, written: 0, output: completion_tokens },
  };
}
