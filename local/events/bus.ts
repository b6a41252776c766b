import type { Assembly, BusEvent, Emit, Iam, JsonObject, Lambdas, Resource } from '#local/parts';
import { envelopeOf } from './event-envelope.ts';
import { compilePattern } from './event-pattern.ts';
import { createAsyncInvoker } from './invoke-async.ts';
import { deliver, parseTarget, type SendToQueue, type Target } from './targets.ts';

export interface BusOptions {
  assembly: Assembly;
  lambdas: Lambdas;
  iam: Iam;
  sendToQueue: SendToQueue;
  log: (line: string) => void;
  /** Divides the waits between tries of a failing function; 1 if absent. */
  timeScale?: number;
}

/** The default event bus, with the rules of the template. */
export interface Bus {
  /** Returns at once; deliveries go on behind it. */
  emit: Emit;
  /** Fault switch: events for which it is true are lost, as AWS may lose them; null ends it. */
  drop(lost: ((event: BusEvent) => boolean) | null): void;
  /** Settles when nothing is being delivered any more (a function's run is not part of the delivery). */
  idle(): Promise<void>;
  stop(): void;
}

interface Rule {
  resource: Resource;
  matches: (event: JsonObject) => boolean;
  targets: Target[];
}

export function createBus({ assembly, lambdas, iam, sendToQueue, log, timeScale = 1 }: BusOptions): Bus {
  const rules = assembly
    .byType('AWS::Events::Rule')
    .filter(({ properties }) => properties.EventPattern !== undefined && properties.State !== 'DISABLED')
    .map((resource) => parseRule(assembly, resource));
  const invoker = createAsyncInvoker({ assembly, lambdas, timeScale, log });
  const deliveries = new Set<Promise<void>>();
  let lost: ((event: BusEvent) => boolean) | null = null;

  const send = (rule: Rule, target: Target, event: string) => {
    const sender = { service: 'events.amazonaws.com', source: rule.resource };
    const delivery = deliver({ iam, invoker, sendToQueue, log }, target, sender, event).finally(() =>
      deliveries.delete(delivery),
    );
    deliveries.add(delivery);
  };

  return {
    emit(event) {
      if (lost?.(event)) return;
      const envelope = envelopeOf(event);
      for (const rule of rules.filter(({ matches }) => matches(envelope))) {
        for (const target of rule.targets) send(rule, target, JSON.stringify(envelope));
      }
    },
    drop(predicate) {
      lost = predicate;
    },
    idle: async () => {
      await Promise.all(deliveries);
    },
    stop: () => invoker.stop(),
  };
}

function parseRule(assembly: Assembly, resource: Resource): Rule {
  const { EventPattern, EventBusName, Targets } = resource.properties;
  if (EventBusName !== undefined && EventBusName !== 'default') {
    throw new Error(`${resource.logicalId}: event buses other than the default one are not run here`);
  }
  return {
    resource,
    matches: compilePattern(EventPattern as JsonObject, resource.logicalId),
    targets: ((Targets ?? []) as JsonObject[]).map((target) => parseTarget(assembly, target, resource.logicalId)),
  };
}
