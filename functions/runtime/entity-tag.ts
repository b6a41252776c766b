import { createHash } from 'node:crypto';

/** The strong tag of a body (RFC 9110 section 8.8.3): the same bytes have the same tag. */
export function tagOf(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}

/** Whether an `If-None-Match` header names the tag; compared weakly, as RFC 9110 section 13.1.2 has it for GET. */
export function isKnown(tag: string, ifNoneMatch: string | undefined): boolean {
  const named = (ifNoneMatch ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return named.includes(tag) || named.includes('*');
}
