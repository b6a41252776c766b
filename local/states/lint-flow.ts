import type { Json, JsonObject } from '#local/parts';
import { isObject } from './lint-object.ts';
import { lintState } from './lint-state.ts';

/** The states of a machine, branch or processor: each by itself, and that control gets from the first to an end. */
export function lintFlow(flow: JsonObject, at: string): string[] {
  const { StartAt, States } = flow;
  if (!isObject(States) || Object.keys(States).length === 0)
    return [`${at}/States: must be an object with states in it`];
  const findings: string[] = [];
  for (const [name, state] of Object.entries(States)) {
    const place = `${at}/States/${name}`;
    if (name.length > 80) findings.push(`${place}: the name of a state has at most 80 characters`);
    findings.push(...(isObject(state) ? lintState(state, place, lintFlow) : [`${place}: must be an object`]));
  }
  if (typeof StartAt !== 'string' || !Object.hasOwn(States, StartAt)) {
    return [...findings, `${at}/StartAt: there is no state '${String(StartAt)}'`];
  }
  return [...findings, ...lintGraph(StartAt, States, at)];
}

function lintGraph(start: string, states: JsonObject, at: string): string[] {
  const findings: string[] = [];
  const reached = new Set<string>();
  const waiting = [start];
  let ends = false;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const state = states[name];
    if (reached.has(name) || !isObject(state)) continue;
    reached.add(name);
    ends ||= state.End === true || state.Type === 'Succeed' || state.Type === 'Fail';
    for (const [field, target] of targetsOf(state)) {
      if (Object.hasOwn(states, target)) waiting.push(target);
      else findings.push(`${at}/States/${name}/${field}: there is no state '${target}' beside it`);
    }
  }
  const lost = Object.keys(states).filter((name) => !reached.has(name));
  findings.push(...lost.map((name) => `${at}/States/${name}: no state leads to it`));
  if (!ends) findings.push(`${at}/States: no state ends the flow`);
  return findings;
}

function targetsOf(state: JsonObject): [field: string, target: string][] {
  const direct = ['Next', 'Default'].map((field) => [field, state[field]] as const);
  const nested = ['Choices', 'Catch'].flatMap((field) => {
    const list = state[field];
    if (!Array.isArray(list)) return [];
    return list.map((entry, i) => [`${field}[${i}]/Next`, isObject(entry) ? entry.Next : undefined] as const);
  });
  return [...direct, ...nested].filter((entry): entry is [string, string] => isText(entry[1]));
}

function isText(value: Json | undefined): value is string {
  return typeof value === 'string';
}
