import { type Count, type InvocationResult, ServiceError } from '#local/parts';
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
const RECOVERY_MS = 1000;

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

  /**
   * Resolves when the signal's turn is on disk; false when it came too late to matter.
   * @throws ServiceError ServiceUnavailable while stopping: "too late" would be a lie that the sender acts on.
   */
  async deliver(arn: string, signal: Signal): Promise<boolean> {
    if (this.#stopped) throw new ServiceError('ServiceUnavailable', 'The service is stopping', 503);
    const actor = this.#actors.get(arn);
    if (!actor) return false;
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
    if (actor.execution.end) return false;
    const { store, env, count } = this.#options;
    const turn = await take(actor.execution, signal, env).catch((error: unknown) => this.#giveUp(actor, error));
    try {
      store.save(turn);
    } catch (error) {
      this.#goBack(actor);
      throw error;
    }
    if (actor.execution.end) this.#dismiss(actor);
    else this.#sleep(actor, turn.queue.length > 0 ? turn.now : nextDue(actor.execution), { kind: 'tick' });
    for (const effect of turn.effects) this.#do(actor.execution, effect);
    const { transitions } = turn;
    if (transitions > 0) count({ item: 'states:StateTransition', units: transitions, by: actor.execution.machineName });
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

  /** A turn that could not be written did not happen; calls whose answers it would have held are made again. */
  #goBack(actor: Actor): void {
    const saved = this.#options.store.load(actor.execution.arn);
    if (saved) {
      actor.execution = saved;
      this.#sleep(actor, this.#options.env.now() + RECOVERY_MS, { kind: 'resume' });
    } else this.#dismiss(actor);
  }

  #do(execution: Execution, effect: Effect): void {
    const { arn } = execution;
    if (effect.kind === 'announce') {
      this.#options.announce(arn);
      return;
    }
    const { thread, ticket } = effect;
    const answered = (answer: Answer) => this.#tell(arn, { kind: 'answered', thread, ticket, answer });
    this.#invoke(effect.functionArn, effect.payload, execution.roleArn).then(
      (result) => answered({ result }),
      (thrown: unknown) => answered({ thrown }),
    );
  }

  /** Lambda takes JSON alone, and refuses the rest before any handler sees it. */
  async #invoke(functionArn: string, payload: string, roleArn: string): Promise<InvocationResult> {
    json(payload, 'InvalidRequestContentException', 'Could not parse request body into json');
    return this.#options.invoke(functionArn, payload, { roleArn });
  }

  #sleep(actor: Actor, until: number | null, signal: Signal): void {
    if (actor.timer) clearTimeout(actor.timer);
    actor.timer = null;
    if (until === null || this.#stopped) return;
    const delay = Math.min(Math.max(0, until - this.#options.env.now()), LONGEST_TIMER_MS);
    actor.timer = setTimeout(() => this.#tell(actor.execution.arn, signal), delay);
  }

  /** A signal that nobody waits for; once the service stops, the next one finds what it was about on disk. */
  #tell(arn: string, signal: Signal): void {
    if (this.#stopped) return;
    this.deliver(arn, signal).catch((error: unknown) => console.error(`states: a signal to ${arn} was lost`, error));
  }

  #dismiss(actor: Actor): void {
    if (actor.timer) clearTimeout(actor.timer);
    this.#actors.delete(actor.execution.arn);
  }
}
