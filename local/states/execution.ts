import type { Json, JsonObject } from '#local/parts';
import type { Descent, Machine } from './definition.ts';

/**
 * What an execution is between two turns: everything here is on disk before anything outside is asked to act, so another
 * process can go on from it. All instants are ms since the epoch.
 */
export interface Execution {
  arn: string;
  name: string;
  machineArn: string;
  machineName: string;
  /** The version or alias ARN it was started by, if it was. */
  startedBy: string | null;
  roleArn: string;
  machine: Machine;
  input: Json;
  /** As it came: a second start of the name must bring the same text. */
  inputText: string;
  startedAt: number;
  deadline: number | null;
  nextEvent: number;
  nextThread: number;
  nextTicket: number;
  threads: Map<number, Thread>;
  end: End | null;
}

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface End {
  status: Exclude<Status, 'RUNNING'>;
  at: number;
  output?: Json;
  error?: string;
  cause?: string;
}

/** One line of control: the machine's own, a Parallel's branch, or an iteration of a Map. */
export interface Thread {
  id: number;
  /** The thread whose Map or Parallel started this one; null for the machine's own. */
  parent: number | null;
  /** The item or branch that it works on. */
  index: number;
  path: Descent[];
  /** A copy of the outer variables, plus its own: they are never written outward. */
  variables: JsonObject;
  /** `$states.context.Map.Item` of the nearest Map around it. */
  item: { Index: number; Value: Json } | null;
  /** What the next event names as its predecessor. */
  lastEvent: number;
  visit: Visit;
}

/** A thread's stay in one state, retries included. */
export interface Visit {
  state: string;
  input: Json;
  enteredAt: number;
  /** The event before the entry: where a failed expression of this state hangs. */
  enteredAfter: number;
  /** 0 until the event is recorded. */
  enteredEvent: number;
  retryCount: number;
  /** Attempts used, by retrier. */
  retries: number[];
  /** Renewed with each phase: an answer that carries another ticket comes too late. */
  ticket: number;
  phase: Phase;
}

export type Phase =
  | { kind: 'ready' }
  | { kind: 'sleeping'; until: number }
  | { kind: 'backoff'; until: number }
  | { kind: 'done'; output: Json }
  | Scheduled
  | Calling
  | Spawned;

/** The call is decided and recorded, but not made. */
export interface Scheduled extends Omit<Calling, 'kind'> {
  kind: 'scheduled';
}

export interface Calling {
  kind: 'calling';
  resource: 'invoke' | 'invoke.waitForTaskToken';
  functionArn: string;
  payload: string;
  token: string | null;
  /** With a token: the call itself has answered. */
  submitted: boolean;
  timeoutAt: number | null;
  heartbeatAt: number | null;
  /** ms that each heartbeat buys. */
  heartbeat: number | null;
}

/** Threads of a Map or Parallel are at work. */
export interface Spawned {
  kind: 'spawned';
  /** Inputs of the iterations (before ItemSelector) or branches. */
  items: Json[];
  results: (Json | null)[];
  /** The first item that has no thread yet. */
  next: number;
  finished: number;
}

/** Instants at which something falls due; the driver sleeps until the earliest. */
export function nextDue(execution: Execution): number | null {
  const dues = [execution.deadline];
  for (const thread of execution.threads.values()) dues.push(...duesOf(thread.visit.phase));
  const real = dues.filter((due): due is number => due !== null);
  return real.length === 0 ? null : Math.min(...real);
}

function duesOf(phase: Phase): (number | null)[] {
  if (phase.kind === 'sleeping' || phase.kind === 'backoff') return [phase.until];
  if (phase.kind === 'calling' || phase.kind === 'scheduled') return [phase.timeoutAt, phase.heartbeatAt];
  return [];
}
