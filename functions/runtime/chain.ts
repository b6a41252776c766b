import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Note } from '#core/ports/world';
import { logger, metrics, note } from './telemetry.ts';

/** Makes the ports of a function. Called once, at the first event: importing an entry does nothing. */
export type WorldFactory<W> = (note: Note) => W | Promise<W>;

export type LambdaHandler<E, R> = (event: E, context: Context) => Promise<R>;

/**
 * What every trigger shares: the request id on each log line, the failure logged with its cause (never the event: it
 * holds tokens and texts of people), metrics written out at every end. What a failure becomes is the trigger's own.
 */
export function chain<E, R, W>(
  factory: WorldFactory<W>,
  run: (event: E, world: W, context: Context) => Promise<R>,
): LambdaHandler<E, R> {
  const world = once(factory);
  return middy<E, R, Error>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use({
      after: publish,
      onError: ({ error }) => {
        logger.error('failed', { error: error instanceof Error ? error : new Error(String(error)) });
        publish();
      },
    })
    .handler(async (event: E, context: Context) => run(event, await world(), context)) as LambdaHandler<E, R>;
}

/** Returns nothing: for middy a value would be the answer. */
function publish(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

/** A world that could not be made is tried again: a wrong secret may be right by the next event. */
function once<W>(factory: WorldFactory<W>): () => Promise<W> {
  let made: Promise<W> | undefined;
  return () => {
    made ??= Promise.resolve()
      .then(() => factory(note))
      .catch((cause) => {
        made = undefined;
        throw cause;
      });
    return made;
  };
}

/** Puts the ids that an input names on every log line of this invocation. */
export function logIdsOf(input: unknown): void {
  if (typeof input !== 'object' || input === null) return;
  const ids: Record<string, string | number> = {};
  for (const name of ['job_id', 'tenant', 'session_id', 'attempt', 'attempt_id', 'round', 'dispatch', 'mode']) {
    const value = (input as Record<string, unknown>)[name];
    if (typeof value === 'string' || typeof value === 'number') ids[name] = value;
  }
  logger.appendKeys(ids);
}
