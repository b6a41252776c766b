import type { Count, InvocationResult } from '#local/parts';
import { endExecution } from './ending.ts';
import { type Execution, nextDue } from './execution.ts';
import { RUNTIME } from './failure.ts';
import { json } from './request.ts';
import { type Signal, take } from './signal.ts';
import type { Store } from './store.ts';
import type { Answer } from './task-outcome.ts';
import { type Effect, type Environment, newTurn, type Turn } from './turn.ts';

export interface DriverOptions {
  store: Store;
  env: Environment;
  invoke(functionArn: string, payload: string, caller: { roleArn: string }): Promise<InvocationResult>;
  announce(arn: string): void;
  count: Count;
}

interface Actor {
  execution: Execution;
  /** Ends when all signals that came so far have been dealt with: an execution takes one turn at a time. */
  tail: Promise<unknown>;
  timer: NodeJS.Timeout | null;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs executions: takes their signals one by one, saves each turn, then does what the turn asks for. */
export class Driver {
  readonly #options: DriverOptions;
  readonly #actors = new Map<string, Actor>();
  #stopped = false;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  /** An execution that has not ended. */
  live(arn: string): Execution | undefined {
    return this.#actors.get(arn)?.execution;
  }

  /** Keeps an execution at hand; it moves with its next signal. */
  adopt(execution: Execution): void {
    this.#actors.set(execution.arn, { execution, tail: Promise.resolve(), timer: null });
  }

  /** Resolves when the signal's turn is on disk; false when it came too late to matter. */
  async deliver(arn: string, signal: Signal): Promise<boolean> {
    const actor = this.#actors.get(arn);
    if (!actor || this.#stopped) return false;
    const turn = actor.tail.then(() => this.#run(actor, signal));
    actor.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Lets turns under way end; calls that are out stay out, their answers are dropped. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#actors.values()) if (timer) clearTimeout(timer);
    await Promise.all([...this.#actors.values()].map(({ tail }) => tail));
    this.#actors.clear();
  }

  async #run(actor: Actor, signal: Signal): Promise<boolean> {
    if (this.#stopped || actor.execution.end) return false;
    const { store, env, count } = this.#options;
    const turn = await take(actor.execution, signal, env).catch((error: unknown) => this.#giveUp(actor, error));
    store.save(turn);
    if (turn.transitions > 0) {
      count({ item: 'states:StateTransition', units: turn.transitions, by: actor.execution.machineName });
    }
    for (const effect of turn.effects) this.#do(actor, effect);
    if (actor.execution.end) this.#dismiss(actor);
    else this.#sleep(actor, turn);
    return turn.heard;
  }

  /** A turn that broke by a fault of ours: what is on disk is sound, so the execution fails from there, visibly. */
  #giveUp(actor: Actor, error: unknown): Turn & { heard: boolean } {
    const { store, env } = this.#options;
    console.error(`states: a turn of ${actor.execution.arn} broke`, error);
    actor.execution = store.load(actor.execution.arn) ?? actor.execution;
    const turn = newTurn(actor.execution, env);
    endExecution(turn, 'FAILED', 0, { error: RUNTIME, cause: `The interpreter failed: ${String(error)}` });
    return Object.assign(turn, { heard: true });
  }

  #do(actor: Actor, effect: Effect): void {
    const { arn, roleArn } = actor.execution;
    if (effect.kind === 'announce') {
      this.#options.announce(arn);
      return;
    }
    const { thread, ticket, functionArn, payload } = effect;
    const answered = (answer: Answer) => this.deliver(arn, { kind: 'answered', thread, ticket, answer });
    this.#invoke(functionArn, payload, roleArn)
      .then((result) => answered({ result }))
      .catch((thrown: unknown) => answered({ thrown }))
      .catch((error: unknown) => console.error(`states: an answer to ${arn} was lost`, error));
  }

  /** Lambda takes JSON alone, and refuses the rest before any handler sees it. */
  async #invoke(functionArn: string, payload: string, roleArn: string): Promise<InvocationResult> {
    json(payload, 'InvalidRequestContentException', 'Could not parse request body into json');
    return this.#options.invoke(functionArn, payload, { roleArn });
  }

  #sleep(actor: Actor, turn: Turn): void {
    if (actor.timer) clearTimeout(actor.timer);
    actor.timer = null;
    if (this.#stopped) return;
    const due = turn.queue.length > 0 ? turn.now : nextDue(actor.execution);
    if (due === null) return;
    const delay = Math.min(Math.max(0, due - this.#options.env.now()), LONGEST_TIMER_MS);
    actor.timer = setTimeout(() => {
      this.deliver(actor.execution.arn, { kind: 'tick' }).catch((error: unknown) => console.error('states:', error));
    }, delay);
  }

  #dismiss(actor: Actor): void {
    if (actor.timer) clearTimeout(actor.timer);
    this.#actors.delete(actor.execution.arn);
  }
}
