import { setTimeout as sleep } from 'node:timers/promises';
import { type InvocationResult, type Json, type JsonObject, ServiceError } from '#local/parts';
import { evaluate } from './expression.ts';

/**
 * Stand-ins for Lambda functions, by name: what each call does. A list is one entry per call, the last for all further ones.
 * Any JSON value in it may be an expression over `$payload`, `$call` (1, 2, …) and `$function`: `"{% $payload.n * 2 %}"`.
 */
export type FunctionTable = Record<string, Behaviour | Behaviour[]>;

export interface Behaviour {
  /** Seconds until it answers. */
  after?: number;
  /** The answer; without any of the three it is null. */
  returns?: Json;
  /** The answer as text, which need not be JSON. */
  answers?: string;
  /** A failing handler: `{errorType, errorMessage}`, or any other value as the runtime reports it. */
  throws?: Json;
  /** Lambda itself refuses the call. */
  refuses?: { code: string; message: string };
  /** What becomes of the task token in the payload, from the call on, whether or not it has answered. */
  token?: TokenStep[];
}

export type TokenStep = { sleep: number } | { heartbeat: true } | { success: Json } | { failure: JsonObject };

/** One call and what came of it. */
export interface CallNote {
  function: string;
  payload: Json;
  /** What was sent with the token, and the name of the error where that was refused. */
  sent: string[];
}

export interface TableOptions {
  table: FunctionTable;
  /** The service that takes `SendTask*`. */
  call(operation: string, request: JsonObject): Promise<JsonObject>;
  timeScale: number;
}

/** Behaves as the table says, and notes every call. */
export class TableFunctions {
  readonly notes: CallNote[] = [];
  readonly #options: TableOptions;
  readonly #calls = new Map<string, number>();

  constructor(options: TableOptions) {
    this.#options = options;
  }

  async invoke(functionArn: string, payload: string): Promise<InvocationResult> {
    const name = nameOf(functionArn);
    const entry = this.#options.table[name];
    if (!entry) throw new ServiceError('ResourceNotFoundException', `Function not found: ${functionArn}`, 404);
    const note: CallNote = { function: name, payload: JSON.parse(payload), sent: [] };
    this.notes.push(note);
    const call = (this.#calls.get(name) ?? 0) + 1;
    this.#calls.set(name, call);
    const behaviour = await this.#behaviour(entry, name, call, note.payload);
    this.#play(behaviour.token ?? [], note).catch((error: unknown) => note.sent.push(String(error)));
    if (behaviour.after !== undefined) await this.#sleep(behaviour.after);
    return answerOf(behaviour);
  }

  async #behaviour(entry: Behaviour | Behaviour[], name: string, call: number, payload: Json): Promise<Behaviour> {
    const chosen = Array.isArray(entry) ? (entry[call - 1] ?? entry.at(-1) ?? {}) : entry;
    const variables = { payload, call, function: name };
    return (await evaluate(chosen as Json, name, { states: {}, variables })) as Behaviour;
  }

  async #play(steps: TokenStep[], note: CallNote): Promise<void> {
    const taskToken = tokenIn(note.payload);
    for (const step of steps) {
      if ('sleep' in step) await this.#sleep(step.sleep);
      else if ('heartbeat' in step) await this.#send(note, 'SendTaskHeartbeat', { taskToken });
      else if ('success' in step) {
        await this.#send(note, 'SendTaskSuccess', { taskToken, output: JSON.stringify(step.success) });
      } else await this.#send(note, 'SendTaskFailure', { taskToken, ...step.failure });
    }
  }

  async #send(note: CallNote, operation: string, request: JsonObject): Promise<void> {
    try {
      await this.#options.call(operation, request);
      note.sent.push(operation);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      note.sent.push(`${operation}: ${error.code}`);
    }
  }

  async #sleep(seconds: number): Promise<void> {
    await sleep((seconds * 1000) / this.#options.timeScale, undefined, { ref: false });
  }
}

function nameOf(functionArn: string): string {
  return /:function:([^:]+)/.exec(functionArn)?.[1] ?? functionArn;
}

function answerOf({ returns, answers, throws, refuses }: Behaviour): InvocationResult {
  if (refuses) throw new ServiceError(refuses.code, refuses.message);
  if (throws !== undefined) return { payload: JSON.stringify(throws), functionError: 'Unhandled' };
  return { payload: answers ?? JSON.stringify(returns ?? null) };
}

/** The first text under a key like `token`, `TaskToken`, `task_token`, at any depth. */
function tokenIn(payload: Json): string {
  if (payload === null || typeof payload !== 'object') return '';
  for (const [key, value] of Object.entries(payload)) {
    if (typeof value === 'string' && /^(task_?)?token$/i.test(key)) return value;
    const inner = tokenIn(value);
    if (inner !== '') return inner;
  }
  return '';
}
