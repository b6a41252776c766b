import type { CodeHost } from '#core/ports/code-host';

/** Hosts that a clone over https needs beside the URL's own. */
const companions: Record<string, readonly string[]> = {
  'github.com': ['codeload.github.com', 'objects.githubusercontent.com', 'media.githubusercontent.com'],
};

/** Without a call: for functions that only have to open the way for a clone. */
export const hostsOf: CodeHost['hosts'] = ({ url }) => {
  const { hostname } = new URL(url);
  return [hostname, ...(companions[hostname] ?? [])];
};
