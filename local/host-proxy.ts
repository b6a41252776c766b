const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'NODE_USE_ENV_PROXY'];

/**
 * The proxy variables of this machine, for what calls hosts from it. Empty unless Node follows them itself
 * (`NODE_USE_ENV_PROXY`): bin/run.mjs sets that together with values that Node takes and with loopback in `NO_PROXY`.
 */
export function hostProxy(): Record<string, string> {
  if (process.env.NODE_USE_ENV_PROXY !== '1') return {};
  const entries = names.map((name) => [name, process.env[name] ?? ''] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
