import { Replay } from './replay-provider.ts';
import sample from './replays/sample.json' with { type: 'json' };

/** Every recording that is shipped, by the name after `replay/`. */
export const replays: ReadonlyMap<string, Replay> = new Map(
  [Replay.parse(sample)].map((replay) => [replay.name, replay]),
);
