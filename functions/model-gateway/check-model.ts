import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { KnownModel } from '#core/models';
import { microCost, type Tokens } from '#core/use-cases/model-cost';
import type { ProviderAnswer } from './provider.ts';
import { providersByKind } from './providers-by-kind.ts';
import { usableKey, withoutKey } from './usable-key.ts';

/** What became of one call, for a person to act on. */
export type CheckOutcome =
  | 'works'
  | 'no tool call'
  | 'key refused'
  | 'model unknown'
  | 'rate limited'
  | 'unreachable'
  | 'no answer in time'
  | 'failed';

export interface ModelCheck {
  outcome: CheckOutcome;
  /** What the provider said or did; never a part of the key. */
  detail: string;
  ms: number;
  /** Undefined: there was no answer, or it does not say. */
  tokens: Tokens | undefined;
  /** US dollars at the catalogue's price; undefined: unpriced, or not billed. */
  cost_usd: number | undefined;
}

interface Asking {
  key: string | undefined;
  fetchIt: typeof fetch;
  /** A model that has to be loaded first takes its time. */
  timeoutMs: number;
}

/** The tool of the agent in the sandbox, and a question that only makes sense with it. */
const request = {
  messages: [
    { role: 'system', content: 'You work in a shell. Every answer of yours calls the tool bash once.' },
    { role: 'user', content: 'Print the working directory.' },
  ],
  tools: [
    {
      type: 'function' as const,
      function: {
        name: 'bash',
        description: 'Execute a bash command',
        parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
      },
    },
  ],
};
/** Room for a model that thinks first. */
const maxOutput = 2_000;

/** Asks a model for one tool call, as the gateway would ask it for an attempt. One try; it never throws for a provider. */
export async function checkModel(model: KnownModel, { key, fetchIt, timeoutMs }: Asking): Promise<ModelCheck> {
  let status: number | undefined;
  const watched: typeof fetch = async (url, init) => {
    const response = await fetchIt(url, init);
    status = response.status;
    return response;
  };
  const signal = AbortSignal.timeout(timeoutMs);
  const began = performance.now();
  const result = (outcome: CheckOutcome, detail: string, tokens?: Tokens): ModelCheck => ({
    outcome,
    detail: withoutKey(detail, key),
    ms: Math.round(performance.now() - began),
    tokens,
    cost_usd: model.price && tokens && microCost(model.price, tokens) / 1e6,
  });
  try {
    const ask = providersByKind(watched, 1_000)[model.provider.kind];
    const usable = key === undefined ? undefined : usableKey(key, model.provider.name);
    const answer = await ask({ model, request, maxOutput, key: usable, turn: 'execute/0', signal });
    return result(...readToolCall(answer), answer.tokens);
  } catch (error) {
    return result(...readFailure(error, { status, timedOut: signal.aborted }));
  }
}

/** The agent takes arguments as an object too, as some servers write them. */
const Call = z.object({
  name: z.string(),
  arguments: z.union([z.string(), z.looseObject({}).transform((value) => JSON.stringify(value))]),
});
const Answer = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.unknown().optional(),
          tool_calls: z.array(z.object({ function: Call })).nullish(),
        }),
      }),
    )
    .min(1),
});

function readToolCall({ body }: ProviderAnswer): [CheckOutcome, string] {
  const answer = Answer.safeParse(body);
  if (!answer.success) return ['failed', 'the answer is not a chat completion'];
  const message = answer.data.choices[0]?.message;
  const call = message?.tool_calls?.[0]?.function;
  if (call === undefined)
    return ['no tool call', `it answered ${quoted(message?.content)}; the agent needs a model with tools`];
  if (call.name !== 'bash' || !isCommand(call.arguments))
    return ['no tool call', `it called ${call.name} with ${quoted(call.arguments)}`];
  return ['works', 'a tool call came back'];
}

function isCommand(text: string): boolean {
  try {
    return z.object({ command: z.string() }).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

function quoted(content: unknown): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
  return text.trim() === '' ? 'nothing' : `"${text.replace(/\s+/g, ' ').slice(0, 80)}"`;
}

/** By the status that came over the wire: the adapters' errors are made for the agent, which cares for other things. */
function readFailure(
  error: unknown,
  { status, timedOut }: { status: number | undefined; timedOut: boolean },
): [CheckOutcome, string] {
  const message = error instanceof Error ? error.message : String(error);
  if (status === 401 || status === 403) return ['key refused', `HTTP ${status}`];
  if (status === 429) return ['rate limited', 'HTTP 429: too many requests, or no credit left'];
  if (status !== undefined && status < 500 && namesTheModel(status, message)) return ['model unknown', message];
  if (status === 404) return ['failed', `${message} Is the address right? It mostly ends in /v1.`];
  if (timedOut) return ['no answer in time', message];
  if (status === undefined && !isRefusal(error)) return ['unreachable', `${message}${reason(error)}`];
  return ['failed', message];
}

/** Ours, before anything was sent: no address, no such recording. */
function isRefusal(error: unknown): boolean {
  return error instanceof PatchbayError && error.code !== 'unavailable';
}

/** 404 by OpenAI, Anthropic, Ollama, vLLM and Bedrock; 400 by OpenRouter, and by Bedrock for an id of another form. */
function namesTheModel(status: number, message: string): boolean {
  const said = message.slice(message.indexOf(': ') + 1);
  if (!message.includes(': ') || !/model/i.test(said)) return false;
  return status === 404 || /not found|not exist|not a valid|invalid/i.test(said);
}

/** The system's own code, e.g. ECONNREFUSED. Not its message: that of a malformed header quotes the header. */
function reason(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return ` (${code})`;
  }
  return '';
}
