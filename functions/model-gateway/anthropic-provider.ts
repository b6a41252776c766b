import type { Provider } from './provider.ts';
import { completedBy } from './sdk-provider.ts';
import { withoutRedirects } from './without-redirects.ts';

/** Anthropic's own API (Messages). Every model of it takes cache points. */
export function anthropicProvider(fetchIt: typeof fetch): Provider {
  return async (call) => {
    // A chunk of its own, read at the first call: most installations have models of one kind.
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    const { base_url } = call.model.provider;
    const anthropic = createAnthropic({
      apiKey: call.key ?? '',
      fetch: withoutRedirects(fetchIt),
      ...(base_url && { baseURL: base_url }),
    });
    return await completedBy(anthropic(call.model.name), call, true);
  };
}
