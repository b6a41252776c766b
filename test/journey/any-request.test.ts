import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { openApi } from '#core/api/openapi';
import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';
import { ErrorBody } from '#core/api/views';
import { anyCall, type Known } from '../support/any-call.ts';
import { startJourney } from '../support/journey.ts';
import { type LiveAnswer, liveCall } from '../support/live-call.ts';
import { someThings } from '../support/some-things.ts';

const requests = 300;

it('gives any request to any route a documented answer in its documented form', async () => {
  const journey = await startJourney();
  try {
    const { issuer, apiUrl, gitHost } = journey.stack;
    // Not there: no job gets far.
    const url = `${gitHost.url}/nowhere.git`;
    const [own, foreign] = await Promise.all([someThings(journey.api, url), someThings(journey.stranger, url)]);
    const known = {
      ids: Object.values(own),
      foreign: Object.values(foreign),
      own: { ...Object.fromEntries(Object.entries(own).map(([name, id]) => [name, [id]])), n: ['1', '2'] },
      repository: { url },
    };
    const met: Record<number, number> = {};
    const seed = Date.now() % 2 ** 31;

    await fc.assert(
      fc.asyncProperty(anyRequest(known), async ({ name, call: { claims, headers = {}, params = {}, ...call } }) => {
        // In a URL these are no segments: the request would be one to another route.
        const dots = Object.values(params).some((text) => ['', '.', '..'].includes(text));
        fc.pre(!dots);
        const key = headers['idempotency-key']?.replaceAll(/[^ -~]/g, '').trim();
        const answer = await liveCall(apiUrl, name, {
          ...call,
          params,
          ...(key ? { headers: { 'idempotency-key': key } } : {}),
          token: claims === null ? undefined : await issuer.token('you', claims && { claims }),
        });

        met[answer.status] = (met[answer.status] ?? 0) + 1;
        expectDocumented(name, answer);
      }),
      { numRuns: requests, seed, endOnFailure: true },
    );

    process.stdout.write(`${requests} requests, seed ${seed}, answers by status: ${JSON.stringify(met)}\n`);
  } finally {
    await journey.stop();
  }
});

function anyRequest(known: Known) {
  const rows = Object.entries(routes) as Array<[RouteName, Route]>;
  return fc.oneof(...rows.map(([name, row]) => anyCall(row, known).map((call) => ({ name, call }))));
}

const documented = openApi('0').paths as Record<string, Record<string, { responses: Record<string, unknown> }>>;

/** API Gateway answers some requests by itself: bad tokens, paths that are no route. */
function expectDocumented(name: RouteName, { status, headers, body, text }: LiveAnswer): void {
  const { method, path, success }: Route = routes[name];
  const own = ErrorBody.safeParse(body).success;
  if (!own && (status === 401 || status === 404)) {
    expect(['Unauthorized', 'Not Found'], text).toContain(body?.message);
    return;
  }
  const statuses = Object.keys(documented[path.replace('+}', '}')]?.[method.toLowerCase()]?.responses ?? {});
  expect(statuses, text).toContain(String(status));
  expect(status, text).toBeLessThan(500);
  if (status >= 400) expect(own, text).toBe(true);
  else if (success.body && status !== 302) expect(success.body.safeParse(body).error).toBeUndefined();
  if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}
