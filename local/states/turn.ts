import type { Json, JsonObject } from '#local/parts';
import type { Execution, Status, Thread, Visit } from './execution.ts';
import { RUNTIME } from './failure.ts';

/** What an interpreter needs to know about the world; none of it is asked for while a turn waits. */
export interface Environment {
  now(): number;
  /** Divides every duration that a definition names. */
  timeScale: number;
  random(): number;
  /** A new task token. */
  mint(): string;
}

export type Effect =
  | { kind: 'invoke'; thread: number; ticket: number; functionArn: string; payload: string }
  | { kind: 'announce'; status: Status };

export interface HistoryEvent extends JsonObject {
  id: number;
  previousEventId: number;
  timestamp: number;
  type: string;
}

/**
 * One turn of one execution: what came in has been dealt with as far as it goes without waiting. It collects what must be
 * on disk before any of the effects is acted on.
 */
export interface Turn {
  execution: Execution;
  env: Environment;
  /** The instant of the whole turn. */
  now: number;
  events: HistoryEvent[];
  changed: Set<number>;
  removed: Set<number>;
  tokens: string[];
  effects: Effect[];
  /** Billed state transitions. */
  transitions: number;
  /** Threads that can go on, in the order in which they do. */
  queue: number[];
}

export function newTurn(execution: Execution, env: Environment): Turn {
  return {
    execution,
    env,
    now: env.now(),
    events: [],
    changed: new Set(),
    removed: new Set(),
    tokens: [],
    effects: [],
    transitions: 0,
    queue: [],
  };
}

/** AWS ends an execution with its 25,000th event: that event is the ExecutionFailed. */
export const MAX_EVENTS = 25_000;

export class HistoryFull extends Error {
  override name = 'HistoryFull';
  readonly error = RUNTIME;
  override readonly cause = `The execution reached the maximum number of history events (${MAX_EVENTS}).`;
}

/**
 * Appends an event behind the thread's last one, and makes it the thread's last one.
 * @param aside it stays out of the chain: the next event names the same predecessor.
 */
export function record(turn: Turn, thread: Thread, type: string, details: JsonObject | null, aside = false): number {
  const id = append(turn, type, thread.lastEvent, details);
  if (!aside) {
    thread.lastEvent = id;
    turn.changed.add(thread.id);
  }
  return id;
}

export function append(turn: Turn, type: string, previous: number, details: JsonObject | null): number {
  const { execution, now } = turn;
  if (execution.nextEvent >= MAX_EVENTS && !type.startsWith('Execution')) throw new HistoryFull();
  const id = execution.nextEvent++;
  const event: HistoryEvent = { id, previousEventId: previous, timestamp: now / 1000, type };
  if (details) event[detailsKey(type)] = details;
  turn.events.push(event);
  return id;
}

function detailsKey(type: string): string {
  if (/^(?!MapIteration).*State(Entered|Exited)$/.test(type))
    return type.endsWith('Entered') ? 'stateEnteredEventDetails' : 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** A payload as history events carry it. */
export function input(value: Json): JsonObject {
  return { input: JSON.stringify(value), inputDetails: { truncated: false } };
}

export function output(value: Json): JsonObject {
  return { output: JSON.stringify(value), outputDetails: { truncated: false } };
}

export function setPhase(turn: Turn, thread: Thread, phase: Visit['phase']): void {
  thread.visit.phase = phase;
  thread.visit.ticket = turn.execution.nextTicket++;
  turn.changed.add(thread.id);
  if (phase.kind === 'done') turn.queue.unshift(thread.id);
  if (phase.kind === 'ready' || phase.kind === 'scheduled') turn.queue.push(thread.id);
}

export function newVisit(state: string, value: Json): Visit {
  const phase = { kind: 'ready' } as const;
  return {
    state,
    input: value,
    enteredAt: 0,
    enteredAfter: 0,
    enteredEvent: 0,
    retryCount: 0,
    retries: [],
    ticket: 0,
    phase,
  };
}

/** Takes a thread off the execution; whatever it waited for comes too late now. */
export function remove(turn: Turn, thread: Thread): void {
  turn.execution.threads.delete(thread.id);
  turn.changed.delete(thread.id);
  turn.removed.add(thread.id);
}

/** ms of a duration in seconds, at the scale of this environment. */
export function span(turn: { env: Environment }, seconds: number): number {
  return (seconds * 1000) / turn.env.timeScale;
}
