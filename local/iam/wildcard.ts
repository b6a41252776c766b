const compiled = new Map<string, RegExp>();

/** IAM's wildcards: `*` is any run of characters, slashes and colons included; `?` is one. Case sensitive. */
export function matchesWildcard(pattern: string, value: string): boolean {
  if (pattern === '*' || pattern === value) return true;
  let expression = compiled.get(pattern);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    expression = new RegExp(`^${source}$`, 's');
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

/** ARNs match part by part: a `*` within one of the first five parts does not reach over a colon. */
export function matchesArn(pattern: string, value: string): boolean {
  const wanted = arnParts(pattern);
  const given = arnParts(value);
  return wanted.length === given.length && wanted.every((part, i) => matchesWildcard(part, given[i] ?? ''));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
