import { randomBytes } from 'node:crypto';
import { ACCOUNT, type AccessRequest, type Assembly, type Credentials, type Iam, ServiceError } from '#local/parts';
import { actionsOf } from './action-data.ts';
import { type Decision, decide } from './decide.ts';
import { collectPolicies, type Policies } from './policies.ts';
import type { Statement } from './statement.ts';
import { matchesWildcard } from './wildcard.ts';

const CACHE_SIZE = 10_000;

/**
 * Enforces the policies of the template: identity policies of its roles, and the resource policies of its functions,
 * queues and buckets. Default deny; whatever it could not judge correctly stops the start.
 */
export function createIam(assembly: Assembly): Iam {
  const policies = collectPolicies(assembly);
  const credentials = new Map<string, Credentials>();
  const denials: AccessRequest[] = [];
  const used = new Map<Statement, Set<string>>();
  const cache = new Map<string, Decision>();

  const cached = (request: AccessRequest): Decision => {
    // The context is part of the key: the same call on another tenant's rows is another question.
    const key = JSON.stringify([request.principal, request.action, request.resource, request.context ?? {}]);
    const decision = cache.get(key) ?? decide(policies, request);
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(key, decision);
    return decision;
  };

  return {
    credentialsFor(roleArn) {
      if (!policies.identity.has(roleArn)) throw new Error(`the template has no role ${roleArn}`);
      const known = credentials.get(roleArn) ?? newCredentials();
      credentials.set(roleArn, known);
      return known;
    },
    authorize(request) {
      requireKnownAction(request.action);
      const decision = cached(request);
      for (const statement of decision.matched) {
        used.set(statement, (used.get(statement) ?? new Set()).add(request.action.toLowerCase()));
      }
      if (decision.allowed) return;
      denials.push(request);
      throw new ServiceError('AccessDeniedException', denialMessage(request, decision.reason));
    },
    report: () => ({ denials: [...denials], unusedStatements: unusedStatements(assembly, policies, used) }),
  };
}

function newCredentials(): Credentials {
  return {
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  };
}

function requireKnownAction(action: string): void {
  const [service = '', name = ''] = action.toLowerCase().split(':');
  if (!actionsOf(service)?.includes(name)) throw new Error(`AWS has no action ${action}`);
}

/** As AWS words it: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function denialMessage({ principal, action, resource }: AccessRequest, reason: string): string {
  const role = /^arn:aws:iam::\d+:role\/(?:.*\/)?(.+)$/.exec(principal)?.[1];
  const who = role ? `User: arn:aws:sts::${ACCOUNT}:assumed-role/${role}/local` : `Service: ${principal}`;
  return `${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}

/** One line for each allowed action pattern that no request has matched: `<role or resource> <statement> <action>`. */
function unusedStatements(assembly: Assembly, policies: Policies, used: Map<Statement, Set<string>>): string[] {
  const names = new Map([...assembly.resources.values()].map(({ arn, logicalId }) => [arn, logicalId]));
  const lines: string[] = [];
  for (const [arn, statements] of [...policies.identity, ...policies.resource]) {
    for (const statement of statements) {
      if (statement.effect === 'Deny' || statement.supplied) continue;
      for (const pattern of statement.actions ?? ['NotAction']) {
        const seen = [...(used.get(statement) ?? [])];
        if (seen.some((action) => pattern === 'NotAction' || matchesWildcard(pattern.toLowerCase(), action))) continue;
        lines.push(`${names.get(arn) ?? arn} ${statement.id} ${pattern}`);
      }
    }
  }
  return lines;
}
