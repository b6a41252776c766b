import type * as z from 'zod';
import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';
import { PatchbayError } from '#core/errors';
import { chain, type LambdaHandler, logIdsOf, type WorldFactory } from './chain.ts';
import {
  errorReply,
  type FileReply,
  fileReply,
  type HttpResponse,
  jsonReply,
  redirectReply,
  unlessKnown,
} from './http-reply.ts';
import { type HttpEvent, type HttpRequest, requestOf, routeOf } from './http-request.ts';
import { logger } from './telemetry.ts';

type Row<K extends RouteName> = (typeof routes)[K];

/** `repeated`: nothing new was made, the answer is 200 with what was there. */
type Answer<K extends RouteName> = Row<K>['success']['body'] extends z.ZodType
  ? { body: z.input<Row<K>['success']['body']>; repeated?: boolean }
  : { file: FileReply } | { redirect: string };

/** Which routes a function serves, by the table: a missing handler does not compile, neither does a foreign one. */
type RoutesOf<F extends Route['function']> = {
  [K in RouteName]: Row<K>['function'] extends F ? K : never;
}[RouteName];

export type Handlers<W, F extends Route['function']> = {
  [K in RoutesOf<F>]: (world: W, request: HttpRequest<K>) => Promise<Answer<K>>;
};

export interface Http<W, F extends Route['function']> {
  handlers: Handlers<W, F>;
  /** Name of the claim that holds the tenant; only where people call. */
  tenantClaim?: (world: W) => string;
}

/**
 * A function behind the HTTP API. The event's `routeKey` picks the row, the row's schemas check what comes in and strip
 * what goes out, one handler stands between. Every failure is an answer: Lambda itself never sees one.
 */
export function httpEntry<W, F extends Route['function']>(
  http: Http<W, F>,
  world: WorldFactory<W>,
): LambdaHandler<HttpEvent, HttpResponse> {
  const invoke = chain<HttpEvent, HttpResponse, W>(world, async (event, ports) => {
    try {
      return await answer(http, ports, event);
    } catch (error) {
      return errorReply(error, event.requestContext.requestId);
    }
  });
  // Outside the chain: a world that cannot be made is answered too (and was logged by the chain).
  return async (event, context) => {
    try {
      return await invoke(event, context);
    } catch (error) {
      return errorReply(error, event.requestContext.requestId);
    }
  };
}

async function answer<W, F extends Route['function']>(http: Http<W, F>, world: W, event: HttpEvent) {
  const name = routeOf(event);
  logger.appendKeys({ route: name, request_id: event.requestContext.requestId });
  const handler = (http.handlers as Partial<Record<RouteName, AnyHandler<W>>>)[name];
  if (handler === undefined) throw new PatchbayError('not_found', 'This function does not serve that route.');
  const request = requestOf(name, event, http.tenantClaim?.(world) ?? '');
  const ids = idsOf(request);
  logIdsOf(ids);
  const reply = await handler(world, request as HttpRequest<never>);
  const rendered = render(routes[name], reply, ids.job_id);
  return routes[name].method === 'GET' ? unlessKnown(rendered, event.headers['if-none-match']) : rendered;
}

type AnyAnswer = { body: unknown; repeated?: boolean } | { file: FileReply } | { redirect: string };
type AnyHandler<W> = (world: W, request: HttpRequest<never>) => Promise<AnyAnswer>;

/** @throws Error when a handler returned what its row does not allow */
function render(row: Route, reply: AnyAnswer, jobId: string | undefined): HttpResponse {
  if ('file' in reply) return fileReply(reply.file);
  if ('redirect' in reply) return redirectReply(reply.redirect);
  const body = row.success.body?.safeParse(reply.body);
  if (body?.success !== true) throw new Error('The answer does not fit its schema.', { cause: body?.error });
  // A retry is asked of one job and answers with another.
  const job = (body.data as { job?: { id?: string } }).job?.id ?? jobId;
  if (job !== undefined) logger.appendKeys({ job_id: job });
  return jsonReply(
    (reply.repeated && row.success.repeated) || row.success.status,
    body.data,
    job === undefined ? {} : { 'x-job-id': job },
  );
}

/** Ids for the log, by the names that every log line uses. */
function idsOf(request: { params: unknown; caller: unknown }): { job_id?: string; [name: string]: unknown } {
  const params = request.params as { id?: string; job_id?: string; attempt_id?: string };
  const caller = request.caller as { tenant?: string };
  const jobId = params.job_id ?? params.attempt_id?.split('.')[0];
  return {
    ...(jobId === undefined ? {} : { job_id: jobId }),
    attempt_id: params.attempt_id,
    session_id: params.id,
    tenant: caller.tenant,
  };
}
