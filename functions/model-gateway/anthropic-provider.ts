import type { Provider } from './provider.ts';
import { completedBy } from './sdk-provider.ts';

/** Anthropic's own API (Messages). Every model of it takes cache points. */
export function anthropicProvider(fetchIt: typeof fetch): Provider {
  return async (call) => {
    // A chunk of its own, read at the first call: most installations have models of one kind.
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    const { base_url } = call.model.provider;
    const model = (wire: typeof fetch) =>
      createAnthropic({
        apiKey: call.key ?? '',
        // Said in full: the SDK takes another address from the environment, where other programs' keys go.
        baseURL: base_url ?? 'https://api.anthropic.com/v1',
        fetch: wire,
      })(call.model.name);
    return await completedBy(fetchIt, { model, cached: true }, call);
  };
}
