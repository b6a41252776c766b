import { ApiError } from './api-error.ts';
import type { Sandbox } from './sandbox.ts';

const PAGE_MAXIMUM = 100;

/**
 * Filters and pages: `metadata` pairs are ANDed and exact, states are alternatives, newest first unless asked otherwise.
 * @returns the page and the token of the next, absent at the end.
 * @throws ApiError 400
 */
export function selectSandboxes(all: Sandbox[], query: URLSearchParams): { page: Sandbox[]; nextToken?: string } {
  const limit = Number(query.get('limit') ?? PAGE_MAXIMUM);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAXIMUM) {
    throw new ApiError(400, `limit must be between 1 and ${PAGE_MAXIMUM}`);
  }
  const sign = query.get('order') === 'asc' ? 1 : -1;
  const compare = (left: Sandbox, right: Sandbox) =>
    sign * (left.startedAt.getTime() - right.startedAt.getTime() || left.id.localeCompare(right.id));
  const found = all.filter(filterOf(query)).sort(compare);
  const start = query.has('nextToken') ? found.findIndex((sandbox) => isAfter(sandbox, query, sign)) : 0;
  const page = start < 0 ? [] : found.slice(start, start + limit);
  const last = page.at(-1);
  return last && last !== found.at(-1) ? { page, nextToken: tokenOf(last) } : { page };
}

function filterOf(query: URLSearchParams): (sandbox: Sandbox) => boolean {
  const states = query.getAll('state').flatMap((value) => value.split(','));
  const template = query.get('template');
  const startedAfter = query.get('startedAfter');
  const wanted = metadataOf(query.get('metadata'));
  return (sandbox) =>
    (states.length === 0 || states.includes('running')) &&
    (!template || sandbox.request.templateId === template) &&
    (!startedAfter || sandbox.startedAt > new Date(startedAfter)) &&
    wanted.every(([key, value]) => sandbox.request.metadata[key] === value);
}

/** The SDK percent-encodes keys and values, writes them as a form, and then encodes that as a query value. */
function metadataOf(value: string | null): Array<[string, string]> {
  try {
    return [...new URLSearchParams(value ?? '')].map(([key, text]) => [
      decodeURIComponent(key),
      decodeURIComponent(text),
    ]);
  } catch (cause) {
    throw new ApiError(400, `Error when parsing metadata: ${cause}`);
  }
}

/** The place of the last sandbox of a page, so that pages hold although sandboxes come and go between them. */
function tokenOf(sandbox: Sandbox): string {
  return Buffer.from(`${sandbox.startedAt.toISOString()}__${sandbox.id}`).toString('base64url');
}

function isAfter(sandbox: Sandbox, query: URLSearchParams, sign: number): boolean {
  const [at = '', id = ''] = Buffer.from(query.get('nextToken') ?? '', 'base64url')
    .toString()
    .split('__');
  return sign * (sandbox.startedAt.getTime() - Date.parse(at) || sandbox.id.localeCompare(id)) > 0;
}
