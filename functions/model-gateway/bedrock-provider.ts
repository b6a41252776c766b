import type { Provider } from './provider.ts';
import { completedBy } from './sdk-provider.ts';

/**
 * Bedrock (Converse) in this account and region, by the function's own role. A key is for places without one:
 * `<access key id>:<secret>[:<session token>]`, or a Bedrock API key.
 */
export function bedrockProvider(fetchIt: typeof fetch): Provider {
  return async (call) => {
    // A chunk of its own, read at the first call: most installations have models of one kind.
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
    const { base_url } = call.model.provider;
    const model = (wire: typeof fetch) =>
      createAmazonBedrock({
        ...credentials(call.key),
        fetch: wire,
        ...(base_url && { baseURL: base_url, ...regionIn(base_url) }),
      })(call.model.name);
    return await completedBy(fetchIt, { model, cached: takesCachePoints(call.model.name) }, call);
  };
}

/** A signature names its region: that of the address, where it says one; else the function's own. */
function regionIn(base_url: string) {
  const region = /^bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(base_url).hostname)?.[1];
  return region === undefined ? {} : { region };
}

function credentials(key: string | undefined) {
  if (key === undefined) return {};
  const [accessKeyId = '', secretAccessKey, sessionToken] = key.split(':');
  if (secretAccessKey === undefined) return { apiKey: key };
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

/**
 * Others refuse them: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html. So does Nova behind the
 * result of a tool, where an agent's last point is: https://github.com/earendil-works/pi/issues/2053
 */
function takesCachePoints(model: string): boolean {
  return model.includes('anthropic');
}
