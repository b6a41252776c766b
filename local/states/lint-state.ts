import type { Json, JsonObject } from '#local/parts';
import { isExpression } from './expression.ts';
import { BRANCH_FIELDS, PROCESSOR_FIELDS, RULE_FIELDS, STATE_FIELDS } from './lint-fields.ts';
import { fieldsOf, isObject, lintAssign, lintValues, objectsIn } from './lint-object.ts';
import { lintCatch, lintRetry } from './lint-recovery.ts';
import { LAMBDA_INVOKE, LAMBDA_TOKEN } from './state-task.ts';

type LintFlow = (flow: JsonObject, at: string) => string[];

/** One state, and what is inside it. */
export function lintState(state: JsonObject, at: string, lintFlow: LintFlow): string[] {
  const { Type } = state;
  if (typeof Type !== 'string' || !Object.hasOwn(STATE_FIELDS, Type))
    return [`${at}: Type '${String(Type)}' is not supported`];
  const known = STATE_FIELDS[Type as keyof typeof STATE_FIELDS];
  const findings = [
    ...fieldsOf(state, known, at),
    ...transitionFindings(state, Type, at),
    ...lintAssign(state.Assign, at),
  ];
  findings.push(...lintValues(state, ['ItemProcessor', 'Branches', 'Choices', 'Retry', 'Catch'], at));
  findings.push(...lintRetry(state.Retry, `${at}/Retry`), ...lintCatch(state.Catch, `${at}/Catch`));
  if (state.QueryLanguage !== undefined && state.QueryLanguage !== 'JSONata') {
    findings.push(`${at}: QueryLanguage must be 'JSONata'`);
  }
  if (Type === 'Task') findings.push(...lintTask(state, at));
  if (Type === 'Map') findings.push(...lintProcessor(state.ItemProcessor, `${at}/ItemProcessor`, lintFlow));
  if (Type === 'Parallel') findings.push(...lintBranches(state.Branches, `${at}/Branches`, lintFlow));
  if (Type === 'Choice') findings.push(...lintChoices(state.Choices, `${at}/Choices`));
  if (Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) {
    findings.push(`${at}: a Wait has either Seconds or Timestamp`);
  }
  return findings;
}

function transitionFindings({ Next, End }: JsonObject, type: string, at: string): string[] {
  if (type === 'Choice' || type === 'Succeed' || type === 'Fail') return [];
  const hasEnd = End === true;
  return (Next === undefined) === hasEnd ? [] : [`${at}: needs either Next or End: true`];
}

function lintTask(state: JsonObject, at: string): string[] {
  const { Resource, Arguments, TimeoutSeconds, HeartbeatSeconds } = state;
  const findings: string[] = [];
  if (Resource !== LAMBDA_INVOKE && Resource !== LAMBDA_TOKEN) {
    findings.push(
      `${at}: Resource '${String(Resource)}' is not supported, only lambda:invoke with or without a task token`,
    );
  }
  if (isObject(Arguments)) {
    findings.push(...fieldsOf(Arguments, ['FunctionName', 'Payload'], `${at}/Arguments`));
    if (Arguments.FunctionName === undefined) findings.push(`${at}/Arguments: FunctionName is missing`);
  } else if (!isExpression(Arguments)) findings.push(`${at}: Arguments must be an object`);
  for (const [field, value] of Object.entries({ TimeoutSeconds, HeartbeatSeconds })) {
    if (value !== undefined && !isSeconds(value))
      findings.push(`${at}/${field}: must be a positive integer or an expression`);
  }
  return [...findings, ...clockFindings(state, at)];
}

/** A token state must end by itself: without both clocks a lost callback leaves the execution open for ever. */
function clockFindings({ Resource, TimeoutSeconds, HeartbeatSeconds }: JsonObject, at: string): string[] {
  if (Resource !== LAMBDA_TOKEN) {
    return HeartbeatSeconds === undefined ? [] : [`${at}: HeartbeatSeconds has no meaning without a task token`];
  }
  if (TimeoutSeconds === undefined || HeartbeatSeconds === undefined) {
    return [`${at}: a task with a token needs both TimeoutSeconds and HeartbeatSeconds`];
  }
  const known = typeof TimeoutSeconds === 'number' && typeof HeartbeatSeconds === 'number';
  return known && HeartbeatSeconds >= TimeoutSeconds
    ? [`${at}: HeartbeatSeconds must be less than TimeoutSeconds`]
    : [];
}

function isSeconds(value: Json): boolean {
  return isExpression(value) || (typeof value === 'number' && Number.isInteger(value) && value > 0);
}

function lintProcessor(processor: Json | undefined, at: string, lintFlow: LintFlow): string[] {
  if (!isObject(processor)) return [`${at}: must be an object`];
  const { ProcessorConfig } = processor;
  const mode = isObject(ProcessorConfig) ? (ProcessorConfig.Mode ?? 'INLINE') : 'INLINE';
  const findings =
    mode === 'INLINE' ? [] : [`${at}/ProcessorConfig: Mode '${String(mode)}' is not supported, only INLINE`];
  return [...findings, ...fieldsOf(processor, PROCESSOR_FIELDS, at), ...lintFlow(processor, at)];
}

function lintBranches(branches: Json | undefined, at: string, lintFlow: LintFlow): string[] {
  const { objects, findings } = objectsIn(branches, at);
  if (objects.length === 0 && findings.length === 0) return [`${at}: a Parallel needs branches`];
  const inner = objects.flatMap((branch, i) => [
    ...fieldsOf(branch, BRANCH_FIELDS, `${at}[${i}]`),
    ...lintFlow(branch, `${at}[${i}]`),
  ]);
  return [...findings, ...inner];
}

function lintChoices(choices: Json | undefined, at: string): string[] {
  const { objects, findings } = objectsIn(choices, at);
  if (objects.length === 0 && findings.length === 0) return [`${at}: a Choice needs rules`];
  const inner = objects.flatMap((rule, i) => {
    const place = `${at}[${i}]`;
    const { Condition, Next } = rule;
    const missing = typeof Next === 'string' ? [] : [`${place}: Next is missing`];
    if (!isExpression(Condition) && typeof Condition !== 'boolean')
      missing.push(`${place}: Condition must be an expression`);
    return [
      ...missing,
      ...fieldsOf(rule, RULE_FIELDS, place),
      ...lintValues(rule, [], place),
      ...lintAssign(rule.Assign, place),
    ];
  });
  return [...findings, ...inner];
}
