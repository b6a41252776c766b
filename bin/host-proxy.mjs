/** Never through a proxy: the stack is on loopback. */
const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * The proxy variables as Node's own switch reads them, for everything that a command starts: `http_proxy` wins over
 * `HTTP_PROXY` as it does for curl, a value without a scheme is http, and what is no HTTP proxy (SOCKS) is left out, since
 * Node would not start with it. Empty where no proxy is set.
 */
export function proxyEnvironment(env) {
  const proxies = ['http_proxy', 'https_proxy'].flatMap((name) => {
    const url = proxyUrl(env[name] || env[name.toUpperCase()] || '');
    return url === undefined ? [] : [[name, url]];
  });
  if (proxies.length === 0) return {};
  const direct = (env.no_proxy || env.NO_PROXY || '').split(/[\s,]+/).filter((host) => host !== '');
  const names = [...proxies, ['no_proxy', [...new Set([...direct, ...loopback])].join(',')]];
  return {
    ...Object.fromEntries(names.flatMap(([name, value]) => [name, name.toUpperCase()].map((twin) => [twin, value]))),
    NODE_USE_ENV_PROXY: '1',
  };
}

function proxyUrl(value) {
  if (value === '') return undefined;
  const text = value.includes('://') ? value : `http://${value}`;
  return /^https?:/i.test(text) && URL.canParse(text) ? new URL(text).href : undefined;
}
