import * as z from 'zod';

const effectSchema = z.discriminatedUnion('kind', [
  /** Answers so instead of doing anything; `body` replaces `{code, message}`. A list that is empty: status 200, body []. */
  z.object({
    kind: z.literal('answer'),
    status: z.int(),
    message: z.string().default('an injected fault'),
    body: z.unknown().optional(),
    retryAfter: z.union([z.string(), z.int()]).optional(),
  }),
  /** Does everything, then cuts the connection instead of answering. */
  z.object({ kind: z.literal('lose-answer') }),
  /** Cuts the connection before anything is done. */
  z.object({ kind: z.literal('reset') }),
  z.object({ kind: z.literal('delay'), milliseconds: z.number() }),
  /** Never answers and does nothing. */
  z.object({ kind: z.literal('hang') }),
  /** Cuts the connection after so many bytes of the answer's body. */
  z.object({ kind: z.literal('cut'), afterBytes: z.int() }),
  /** Kills the sandbox of the call, then goes on with it. */
  z.object({ kind: z.literal('kill-sandbox') }),
  /** Lets the sandbox of the call live only so long from now, then goes on. */
  z.object({ kind: z.literal('shorten-life'), milliseconds: z.number() }),
  /** A list that has not noticed the youngest sandboxes yet. */
  z.object({ kind: z.literal('stale-list'), omitYoungerThanMs: z.number() }),
  /** A command's stream without its `end` event, or without keepalives. */
  z.object({ kind: z.literal('withhold'), event: z.enum(['end', 'keepalive']) }),
]);

/** A fault to inject, by operation, by the number of the call and by the metadata of the sandbox. */
export const faultSchema = z.object({
  /**
   * `create`, `connect`, `info`, `list`, `kill`, `timeout`, `network`, `metrics`; `Start`, `Stat` and envd's other
   * methods, `read`, `write`, `health`; `egress`; or a group: `api`, `envd`.
   */
  operation: z.string(),
  /** Which matching call from now on is the first to fail. */
  nth: z.int().min(1).default(1),
  /** How many calls fail from there; 0: all. */
  times: z.int().min(0).default(1),
  /** It is over so long after it was set. */
  forMs: z.number().optional(),
  /** Only sandboxes that carry all of these. */
  metadata: z.record(z.string(), z.string()).default({}),
  /** For `egress`: only this `host:port`. */
  target: z.string().optional(),
  effect: effectSchema,
});

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
export type Effect = z.infer<typeof effectSchema>;

/** A call as faults see it. */
export interface FaultTarget {
  /** Its operation, and its group. */
  operations: string[];
  metadata: Record<string, string>;
  target?: string;
}

/** The faults that are set, and how often each has met a call. */
export class FaultBook {
  #faults: Array<{ fault: Fault; setAt: number; seen: number }> = [];

  /** @throws z.ZodError for a fault that is none */
  add(fault: FaultInput): void {
    this.#faults.push({ fault: faultSchema.parse(fault), setAt: Date.now(), seen: 0 });
  }

  clear(): void {
    this.#faults = [];
  }

  list(): Array<Fault & { seen: number }> {
    return this.#faults.map(({ fault, seen }) => ({ ...fault, seen }));
  }

  /** Counts the call against every fault that it matches. @returns what to do to it, in the order of setting. */
  take(call: FaultTarget): Effect[] {
    const effects: Effect[] = [];
    for (const entry of this.#faults.filter(({ fault, setAt }) => meets(fault, setAt, call))) {
      entry.seen += 1;
      const { nth, times, effect } = entry.fault;
      if (entry.seen >= nth && (times === 0 || entry.seen < nth + times)) {
        effects.push(effect);
      }
    }
    return effects;
  }
}

function meets(fault: Fault, setAt: number, call: FaultTarget): boolean {
  return (
    call.operations.includes(fault.operation) &&
    (fault.forMs === undefined || Date.now() < setAt + fault.forMs) &&
    (fault.target === undefined || fault.target === call.target) &&
    Object.entries(fault.metadata).every(([key, value]) => call.metadata[key] === value)
  );
}
