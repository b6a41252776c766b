import { actionsOf } from './action-data.ts';
import { type Condition, parseConditions } from './conditions.ts';
import { matchesWildcard } from './wildcard.ts';

/** Who a resource policy's statement speaks of. */
interface Principals {
  everyone: boolean;
  /** ARNs of roles, or of the account itself (`arn:aws:iam::<account>:root`). */
  aws: string[];
  services: string[];
}

/** One statement of a policy, checked: every element in it is one that the evaluator honours. */
export interface Statement {
  /** `<policy>[<Sid or index>]`, for messages and for the report. */
  id: string;
  effect: 'Allow' | 'Deny';
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  notResources?: string[];
  principals?: Principals;
  conditions: Condition[];
  /** Supplied by AWS, not by the template: left out of the report. */
  supplied: boolean;
}

const ELEMENTS = new Set('Sid Effect Action NotAction Resource NotResource Principal Condition'.split(' '));

/**
 * @param document an IAM policy document, every intrinsic resolved
 * @throws Error on an element, action, condition key or operator that is unknown or not evaluated
 */
export function parsePolicy(document: unknown, policyName: string, supplied = false): Statement[] {
  const statements = [(document as { Statement?: unknown } | undefined)?.Statement ?? []].flat();
  return statements.map((raw, i) => parseStatement(raw as Record<string, unknown>, policyName, i, supplied));
}

function parseStatement(raw: Record<string, unknown>, policyName: string, index: number, supplied: boolean): Statement {
  const id = `${policyName}[${typeof raw.Sid === 'string' && raw.Sid !== '' ? raw.Sid : index}]`;
  for (const element of Object.keys(raw)) {
    if (!ELEMENTS.has(element)) throw new Error(`${id}: policy element ${element} is not evaluated here`);
  }
  if (raw.Effect !== 'Allow' && raw.Effect !== 'Deny') throw new Error(`${id}: Effect ${String(raw.Effect)}`);
  const actions = texts(raw.Action, id);
  const notActions = texts(raw.NotAction, id);
  for (const action of [...(actions ?? []), ...(notActions ?? [])]) requireKnownAction(action, id);
  if (!actions && !notActions) throw new Error(`${id}: neither Action nor NotAction`);
  const resources = texts(raw.Resource, id);
  const notResources = texts(raw.NotResource, id);
  const variable = [...(resources ?? []), ...(notResources ?? [])].find((resource) => resource.includes('${'));
  if (variable) throw new Error(`${id}: policy variables are not evaluated here (${variable})`);
  const principals = raw.Principal === undefined ? undefined : parsePrincipals(raw.Principal, id);
  return {
    id,
    effect: raw.Effect,
    conditions: parseConditions(raw.Condition, id),
    supplied,
    ...(actions && { actions }),
    ...(notActions && { notActions }),
    ...(resources && { resources }),
    ...(notResources && { notResources }),
    ...(principals && { principals }),
  };
}

function texts(value: unknown, id: string): string[] | undefined {
  if (value === undefined) return undefined;
  return [value].flat().map((entry) => {
    if (typeof entry !== 'string') throw new Error(`${id}: unresolved value ${JSON.stringify(entry)}`);
    return entry;
  });
}

function requireKnownAction(pattern: string, id: string): void {
  if (pattern === '*') return;
  const [service = '', name = ''] = pattern.toLowerCase().split(':');
  const actions = actionsOf(service);
  if (!actions?.some((action) => matchesWildcard(name, action))) throw new Error(`${id}: AWS has no action ${pattern}`);
}

function parsePrincipals(value: unknown, id: string): Principals {
  if (value === '*') return { everyone: true, aws: [], services: [] };
  const { AWS, Service, ...others } = value as Record<string, unknown>;
  const other = Object.keys(others)[0];
  if (other) throw new Error(`${id}: principals of kind ${other} are not evaluated here`);
  const aws = (texts(AWS, id) ?? []).map((arn) => (/^\d{12}$/.test(arn) ? `arn:aws:iam::${arn}:root` : arn));
  return { everyone: aws.includes('*'), aws, services: texts(Service, id) ?? [] };
}
