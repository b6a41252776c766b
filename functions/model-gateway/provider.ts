import type { KnownModel } from '#core/models';
import type { Tokens } from '#core/use-cases/model-cost';
import type { CompletionRequest } from './completion-request.ts';

/** One call to a provider, its limits set. */
export interface ProviderCall {
  model: KnownModel;
  request: CompletionRequest;
  maxOutput: number;
  /** Undefined where the provider's row names no key. */
  key: string | undefined;
  /** `<plan|execute>/<n>` from the runner: which recorded turn; models do not see it. */
  turn: string | undefined;
  /** Ends the call. */
  signal: AbortSignal;
}

export interface ProviderAnswer {
  /** A chat completion as OpenAI writes it. */
  body: Record<string, unknown>;
  /** Undefined: the provider did not say. */
  tokens: Tokens | undefined;
}

/**
 * @throws PatchbayError the provider refused: nothing was billed
 * @throws UnknownOutcome it may have done the work
 */
export type Provider = (call: ProviderCall) => Promise<ProviderAnswer>;

/** The call was sent and no answer came: whether it was billed is not known. */
export class UnknownOutcome extends Error {
  override name = 'UnknownOutcome';
}
