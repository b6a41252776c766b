import { patchLines } from './patch-summary.ts';

/**
 * Shapes that are secrets beyond doubt. Looser ones (any `scheme://user:password@`, `Bearer …`) stand in many test
 * suites, and a false alarm here throws away a whole attempt.
 */
const shapes: ReadonlyArray<readonly [name: string, shape: RegExp]> = [
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})/],
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ['an Anthropic key', /\bsk-ant-[A-Za-z0-9_-]{20,}/],
  ['an OpenAI key', /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9]{32,}/],
  ['a Google key', /\bAIza[0-9A-Za-z_-]{35}\b/],
  ['a Slack token', /\bxox[abprs]-[0-9A-Za-z-]{20,}/],
  ['an E2B key', /\be2b_[0-9a-f]{32,}\b/],
  ['a signed URL', /X-Amz-Signature=[0-9a-f]{64}/],
];

/** The kind of secret that a patch adds, undefined when none. What it only moves is not added. */
export function addedSecret(patch: string): string | undefined {
  const added: string[] = [];
  const removed = new Set<string>();
  for (const line of patchLines(patch)) {
    if (line.kind === 'added') added.push(line.text);
    if (line.kind === 'removed') removed.add(line.text.trim());
  }
  for (const line of added) {
    if (removed.has(line.trim())) continue;
    for (const [name, shape] of shapes) if (shape.test(line)) return name;
  }
  return undefined;
}
