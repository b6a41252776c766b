import type { Assembly, Iam, JsonObject, Lambdas, Resource } from '#local/parts';
import { envelopeOf } from './event-envelope.ts';
import { createAsyncInvoker } from './invoke-async.ts';
import { type Due, parseScheduleExpression } from './schedule-expression.ts';
import { deliver, parseTarget, type SendToQueue, type Target } from './targets.ts';

export interface SchedulerOptions {
  assembly: Assembly;
  lambdas: Lambdas;
  iam: Iam;
  /** Divides the intervals of rates; times of day are the clock's. */
  timeScale: number;
  log: (line: string) => void;
  sendToQueue?: SendToQueue;
}

interface Schedule {
  resource: Resource;
  /** Who asks where the target has no role. */
  service: string;
  due: Due;
  targets: Target[];
  event: (resource: Resource, time: Date) => string;
}

/**
 * Runs `AWS::Scheduler::Schedule` and the rules that have a `ScheduleExpression`. A rate first fires one interval after
 * the start; a fire while the one before still runs is another invocation, as on AWS.
 */
export function startScheduler(options: SchedulerOptions): { stop(): void } {
  const { iam, timeScale, log, sendToQueue } = options;
  const invoker = createAsyncInvoker(options);
  const deliverer = { iam, invoker, log, ...(sendToQueue && { sendToQueue }) };
  const schedules = schedulesOf(options.assembly);

  const fire = ({ resource, service, targets, event }: Schedule, time: Date) => {
    for (const target of targets) {
      void deliver(deliverer, target, { service, source: resource }, event(resource, time));
    }
  };

  const timers = schedules.map((schedule) => {
    const { due } = schedule;
    if ('everyMs' in due) return setInterval(() => fire(schedule, new Date()), due.everyMs / timeScale);
    let last = minuteOf(new Date());
    return setInterval(() => {
      const now = new Date();
      if (minuteOf(now) === last) return;
      last = minuteOf(now);
      if (due.matches(now)) fire(schedule, now);
    }, 1_000);
  });

  return {
    stop: () => {
      timers.forEach(clearInterval);
      invoker.stop();
    },
  };
}

function schedulesOf(assembly: Assembly): Schedule[] {
  const isEnabled = ({ properties }: Resource) => properties.State !== 'DISABLED';
  const schedules = assembly
    .byType('AWS::Scheduler::Schedule')
    .filter(isEnabled)
    .map((resource) => ({
      resource,
      service: 'scheduler.amazonaws.com',
      due: dueOf(resource),
      targets: [scheduleTarget(assembly, resource)],
      event: scheduledEvent('aws.scheduler'),
    }));
  const rules = assembly
    .byType('AWS::Events::Rule')
    .filter((resource) => isEnabled(resource) && resource.properties.ScheduleExpression !== undefined)
    .map((resource) => ({
      resource,
      service: 'events.amazonaws.com',
      due: dueOf(resource),
      targets: ((resource.properties.Targets ?? []) as JsonObject[]).map((target) =>
        parseTarget(assembly, target, resource.logicalId),
      ),
      event: scheduledEvent('aws.events'),
    }));
  return [...schedules, ...rules];
}

function dueOf({ logicalId, properties }: Resource): Due {
  const zone = properties.ScheduleExpressionTimezone;
  if (zone !== undefined && zone !== 'UTC' && zone !== 'Etc/UTC') {
    throw new Error(`${logicalId}: the time zone ${String(zone)} is not run here`);
  }
  return parseScheduleExpression(String(properties.ScheduleExpression));
}

/** A schedule always acts as a role. */
function scheduleTarget(assembly: Assembly, { logicalId, properties }: Resource): Target {
  const target = parseTarget(assembly, properties.Target, logicalId);
  if (!target.roleArn) throw new Error(`${logicalId}: a schedule needs a role`);
  if (target.input?.includes('<aws.scheduler.')) {
    throw new Error(`${logicalId}: context attributes in the input of a schedule are not run here`);
  }
  return target;
}

/** What a target gets where the schedule gives no input. */
function scheduledEvent(source: string): Schedule['event'] {
  return ({ arn }, time) =>
    JSON.stringify(
      envelopeOf({
        source,
        'detail-type': 'Scheduled Event',
        resources: [arn],
        detail: {},
        time: time.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      }),
    );
}

function minuteOf(time: Date): number {
  return Math.floor(time.getTime() / 60_000);
}
