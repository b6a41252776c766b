import * as fc from 'fast-check';
import type { Route } from '#core/api/route';
import type { Repository } from '#core/job/options';
import type { Call } from './an-api.ts';

/** What is there for a call to name: everything else in it is made up. */
export interface Known {
  /** Sessions, issues, jobs of the caller. */
  ids: string[];
  /** Those of somebody else. */
  foreign: string[];
  /** By the name of a path's parameter, those that fit. */
  own: Record<string, string[]>;
  repository: Repository;
}

const anyText = fc.string({ maxLength: 40, unit: 'binary' });

/** Bodies that some route takes. */
export function someBodies({ own, repository }: Known): Record<string, unknown>[] {
  return [
    {},
    { title: 'A title', repository },
    { text: '/solve 1 x2' },
    { session_id: own.id?.[0] },
    { decision: 'approve', attempt: 1, comment: 'Good.' },
    { decision: 'reject' },
    { attempts: 2, models: ['replay/sample'], limits: { cost_usd: 1, steps: 10, wall_seconds: 300 } },
  ];
}

/** A body that the route takes, one that some route takes, as it is or with one field made anything, or just anything. */
function anyBody(row: Route, bodies: Record<string, unknown>[]): fc.Arbitrary<unknown> {
  const fields = fc.constantFrom('title', 'text', 'attempts', 'limits', 'models', 'decision', 'comment');
  const changed = fc
    .tuple(fc.constantFrom(...bodies), fields, fc.jsonValue())
    .map(([body, name, value]) => ({ ...body, [name]: value }));
  const fitting = bodies.filter((body) => row.body?.safeParse(body).success);
  return fc.oneof(fc.constantFrom(undefined, ...fitting), fc.constantFrom(...bodies), changed, fc.jsonValue(), anyText);
}

/** Any call of one route: sensible, slightly wrong, or nonsense. */
export function anyCall(row: Route, known: Known): fc.Arbitrary<Call> {
  const anyId = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known.ids) },
    { weight: 1, arbitrary: fc.constantFrom(...known.foreign, '1/1/diff.patch', '', '..', 'constructor') },
    { weight: 1, arbitrary: anyText },
  );
  const params = Object.keys(row.params.shape).map((name) => [
    name,
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...(known.own[name] ?? [''])) }, { weight: 1, arbitrary: anyId }),
  ]);
  const query = fc.dictionary(
    fc.constantFrom('limit', 'after', 'cursor', 'session_id', 'status', 'other'),
    fc.oneof(fc.constantFrom('1', '500', '-1', '1e9', 'queued', ...(known.own.id ?? [])), anyText),
    { maxKeys: 3 },
  );
  return fc.record(
    {
      params: fc.record(Object.fromEntries(params)) as fc.Arbitrary<Record<string, string>>,
      query,
      body: anyBody(row, someBodies(known)),
      headers: fc.oneof(
        fc.constant({}),
        anyText.map((key) => ({ 'idempotency-key': key })),
      ),
      claims: fc.oneof(
        { weight: 8, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.record({ sub: anyText, tenant: anyText }) },
      ),
    },
    { requiredKeys: ['params'] },
  );
}
