/** A route key taken apart, e.g. `GET /jobs/{id}` or `$default`. */
export interface RoutePattern {
  routeKey: string;
  method: string;
  segments: string[];
}

export interface RouteMatch<R extends RoutePattern> {
  route: R;
  /** Decoded values of `{name}` and `{name+}`. */
  parameters: Record<string, string>;
}

/** @param routeKey `<method> <path>` or `$default` */
export function routePattern(routeKey: string): RoutePattern {
  const [method = '', path = ''] = routeKey.split(' ');
  return { routeKey, method: method === '$default' ? 'ANY' : method, segments: segmentsOf(path) };
}

/**
 * Picks a route as an HTTP API does: full match first, then the most specific `{name}`, then `{name+}`, then `$default`;
 * a named method before ANY. The order in the template plays no part.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute<R extends RoutePattern>(
  routes: R[],
  method: string,
  path: string,
): RouteMatch<R> | undefined {
  const segments = segmentsOf(path);
  let best: { match: RouteMatch<R>; rank: string } | undefined;
  for (const route of routes) {
    if (route.method !== 'ANY' && route.method !== method) continue;
    const parameters = parametersOf(route, segments);
    if (!parameters) continue;
    const rank = rankOf(route);
    if (!best || rank < best.rank) best = { match: { route, parameters }, rank };
  }
  return best?.match;
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment, index, all) => segment !== '' || (index > 0 && index < all.length - 1));
}

function parametersOf({ routeKey, segments: pattern }: RoutePattern, segments: string[]) {
  if (routeKey === '$default') return {};
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(expected) ?? [];
    if (greedy && name !== undefined) {
      if (index >= segments.length) return undefined;
      parameters[name] = segments.slice(index).map(decode).join('/');
      return parameters;
    }
    const segment = segments[index];
    if (segment === undefined || (name === undefined && segment !== expected)) return undefined;
    if (name !== undefined) parameters[name] = decode(segment);
  }
  return segments.length === pattern.length ? parameters : undefined;
}

/** Sorts: per segment exact before variable before greedy, then `$default`, then a named method before ANY. */
function rankOf({ routeKey, method, segments }: RoutePattern): string {
  const kinds = segments.map((segment) => (segment.endsWith('+}') ? '2' : segment.startsWith('{') ? '1' : '0'));
  return `${routeKey === '$default' ? '3' : kinds.join('')}${method === 'ANY' ? '9' : '8'}`;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A stray percent sign is a legal request; it stays what it is.
    return segment;
  }
}
