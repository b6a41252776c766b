import { compile } from './expression.ts';

/** A node of JSONata's syntax tree; the library types only part of it. */
interface Node {
  type?: string;
  value?: unknown;
  steps?: Node[];
  stages?: { expr?: Node }[];
  predicate?: { expr?: Node }[];
  group?: { lhs?: Node[][] };
  [key: string]: unknown;
}

/**
 * What AWS would refuse in an expression, or what could only fail in it: there is no root input, so nothing may start from
 * one, and `$eval` does not exist.
 * @param inCatch only a catcher's fields see `$states.errorOutput`.
 */
export function lintExpression(source: string, inCatch: boolean): string[] {
  let root: Node;
  try {
    const tree: object = compile(source).ast();
    root = tree as Node;
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    return [`does not compile: ${code ?? ''} ${message ?? String(error)}`.replace(':  ', ': ')];
  }
  const findings = new Set<string>();
  visit(root, false, inCatch, (finding) => findings.add(finding));
  return [...findings];
}

type Report = (finding: string) => void;

/** @param inContext inside a step, filter or group, where `$` and bare names stand for the value at hand. */
function visit(node: Node, inContext: boolean, inCatch: boolean, report: Report): void {
  lintNode(node, inContext, report);
  const inner = (child: Node, context: boolean) => visit(child, context, inCatch, report);
  if (node.type === 'path') {
    if (!inCatch && isErrorOutput(node)) report('reads $states.errorOutput outside a Catch');
    for (const [i, step] of (node.steps ?? []).entries()) inner(step, inContext || i > 0);
  }
  for (const { expr } of [...(node.stages ?? []), ...(node.predicate ?? [])]) if (expr) inner(expr, true);
  for (const pair of node.group?.lhs ?? []) for (const part of pair) inner(part, true);
  const context = inContext || node.type === 'sort' || node.type === 'transform';
  for (const [key, value] of Object.entries(node)) {
    if (['steps', 'stages', 'predicate', 'group'].includes(key)) continue;
    for (const child of nodesIn(value)) inner(child, context);
  }
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return value !== null && typeof value === 'object' ? [value as Node] : [];
}

function lintNode({ type, value }: Node, inContext: boolean, report: Report): void {
  if (type === 'variable' && value === '$') report('uses $$: there is no root input');
  if (type === 'variable' && value === 'eval') report('uses $eval, which Step Functions does not have');
  if (inContext) return;
  if (type === 'variable' && value === '') report('uses a bare $: there is no root input');
  if (type === 'name') report(`uses the bare name '${String(value)}': there is no root input`);
  if (type === 'wildcard' || type === 'descendant' || type === 'parent')
    report('starts from the root: there is no root input');
}

function isErrorOutput({ steps }: Node): boolean {
  return steps?.[0]?.value === 'states' && steps[1]?.value === 'errorOutput';
}
