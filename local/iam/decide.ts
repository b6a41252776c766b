import { ACCOUNT, type AccessRequest } from '#local/parts';
import { type Context, holds } from './conditions.ts';
import type { Policies } from './policies.ts';
import type { Statement } from './statement.ts';
import { matchesWildcard } from './wildcard.ts';

/** The outcome of one request, with the statements that applied to it. */
export interface Decision {
  allowed: boolean;
  /** The end of AWS's message when denied. */
  reason: string;
  matched: Statement[];
}

/**
 * Evaluates one request within one account: an explicit deny wins, then any allow of the identity or of the resource,
 * else denied. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(policies: Policies, request: AccessRequest): Decision {
  const context = contextOf(request);
  const identity = policies.identity.get(request.principal) ?? [];
  const resource = policies.resource.get(policyOwner(request.resource)) ?? [];
  const matched = [
    ...identity.filter((statement) => applies(statement, request, context)),
    ...resource.filter((statement) => speaksOf(statement, request) && applies(statement, request, context)),
  ];
  const deny = matched.find((statement) => statement.effect === 'Deny');
  if (deny) {
    const kind = deny.principals ? 'a resource-based policy' : 'an identity-based policy';
    return { allowed: false, reason: `with an explicit deny in ${kind}`, matched };
  }
  const allowed = matched.some((statement) => !statement.principals || grantsDirectly(statement, request));
  const kind = policies.identity.has(request.principal) ? 'identity-based' : 'resource-based';
  return { allowed, reason: `because no ${kind} policy allows the ${request.action} action`, matched };
}

function contextOf(request: AccessRequest): Context {
  const isRole = request.principal.startsWith('arn:');
  const isService = request.principal.endsWith('.amazonaws.com');
  const context: Context = {
    'aws:securetransport': 'true',
    'aws:principalisawsservice': String(isService),
    ...(isService && { 'aws:sourceaccount': ACCOUNT }),
    'aws:resourceaccount': ACCOUNT,
    's3:resourceaccount': ACCOUNT,
    'aws:requestedregion': 'us-east-1',
    'aws:currenttime': new Date().toISOString(),
    ...(isRole && {
      'aws:principalarn': request.principal,
      'aws:principalaccount': ACCOUNT,
      'aws:principaltype': 'AssumedRole',
    }),
  };
  for (const [key, value] of Object.entries(request.context ?? {})) context[key.toLowerCase()] = value;
  return context;
}

/** Objects are under their bucket's policy; a function's version or alias under the function's. */
function policyOwner(resource: string): string {
  if (resource.startsWith('arn:aws:s3:::')) return resource.split('/', 1)[0] ?? resource;
  return resource.startsWith('arn:aws:lambda:') ? resource.split(':').slice(0, 7).join(':') : resource;
}

function speaksOf(statement: Statement, { principal }: AccessRequest): boolean {
  const { everyone, aws, services } = statement.principals ?? { everyone: false, aws: [], services: [] };
  if (everyone) return true;
  if (!principal.startsWith('arn:')) return services.includes(principal);
  return aws.includes(principal) || aws.includes(`arn:aws:iam::${ACCOUNT}:root`);
}

/** Naming the account only lets its identity policies decide; naming the role (or everyone) is a grant. */
function grantsDirectly(statement: Statement, { principal }: AccessRequest): boolean {
  const { everyone, aws, services } = statement.principals ?? { everyone: false, aws: [], services: [] };
  return everyone || aws.includes(principal) || services.includes(principal);
}

function applies(statement: Statement, request: AccessRequest, context: Context): boolean {
  const { actions, notActions, resources, notResources, conditions } = statement;
  const action = request.action.toLowerCase();
  const named = (patterns: string[]) => patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), action));
  if (actions ? !named(actions) : named(notActions ?? [])) return false;
  // SendTask* take a token and no resource by AWS's action data, yet CDK's grantTaskResponse writes the machine's ARN.
  const anyResource = action.startsWith('states:sendtask');
  const covers = (patterns: string[]) => patterns.some((pattern) => matchesWildcard(pattern, request.resource));
  if (resources && !anyResource && !covers(resources)) return false;
  if (notResources && !anyResource && covers(notResources)) return false;
  return conditions.every((condition) => holds(condition, context));
}
