import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Note } from '#core/ports/world';
import { identity } from './environment.ts';

const { service, env } = identity();

/** JSON lines; `job_id` is a key of the whole invocation as soon as it is known. */
export const logger = new Logger({ serviceName: service });

/**
 * EMF, one constant set of dimensions: a metric means the same whichever function writes it, and each further
 * dimension would be billed per combination. Tenant and job are log fields.
 */
export const metrics = new Metrics({ namespace: 'Patchbay', serviceName: 'patchbay', defaultDimensions: { env } });

const levels = { warning: 'warn', error: 'error' } as const;

/**
 * The world's `note`. Fields with a meaning of their own: `metrics` (name → number, to EMF; the unit follows from the
 * name's end: `…Seconds`, `…Ms`, `…Bytes`, else a count) and `level` (`warning`, `error`; else info).
 */
export const note: Note = (message, fields = {}) => {
  const { metrics: measured, level, ...rest } = fields;
  for (const [name, value] of Object.entries((measured ?? {}) as Record<string, number>)) {
    metrics.addMetric(name, unitOf(name), value);
  }
  logger[levels[level as keyof typeof levels] ?? 'info'](message, rest);
};

function unitOf(name: string): (typeof MetricUnit)[keyof typeof MetricUnit] {
  if (name.endsWith('Seconds')) return MetricUnit.Seconds;
  if (name.endsWith('Ms')) return MetricUnit.Milliseconds;
  if (name.endsWith('Bytes')) return MetricUnit.Bytes;
  return MetricUnit.Count;
}
