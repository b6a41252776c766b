import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Note } from '#core/ports/world';
import { type Measured, type MetricName, metricNamespace, metricService, metrics as table } from '#core/telemetry';
import { identity } from './environment.ts';

const { service, env } = identity();

/** JSON lines; `job_id` is a key of the whole invocation as soon as it is known. */
export const logger = new Logger({ serviceName: service });

/** EMF, one constant set of dimensions: a metric means the same whichever function writes it. */
export const metrics = new Metrics({
  namespace: metricNamespace,
  serviceName: metricService,
  defaultDimensions: { env },
});

/** Those of the table that are `per: 'function'`. Written at once: an answer that says so may be the last thing done. */
const ownMetrics = new Metrics({
  namespace: metricNamespace,
  serviceName: service,
  defaultDimensions: { env },
  singleMetric: true,
});

const levels = { warning: 'warn', error: 'error' } as const;

/** Samples for `core/telemetry.ts`. */
export function measure(measured: Measured): void {
  for (const [name, value] of Object.entries(measured) as Array<[MetricName, number]>) {
    const metric = table[name];
    ('per' in metric ? ownMetrics : metrics).addMetric(name, metric.unit, value);
  }
}

/** The world's `note`. */
export const note: Note = (message, { metrics: measured = {}, level, ...rest } = {}) => {
  measure(measured);
  logger[level === undefined ? 'info' : levels[level]](message, rest);
};
