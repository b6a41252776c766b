/** `<port>.<method>`, e.g. `sandboxes.create`. */
export type CallName = `${string}.${string}`;

/** Faults at any call of any port, and a record of the calls. */
export interface Faults {
  /** The next `times` calls fail before anything happened. */
  before(call: CallName, error: Error, times?: number): void;
  /** The next `times` calls take effect, and their answer is lost: `error` is thrown in its place. */
  after(call: CallName, error: Error, times?: number): void;
  /** The next `times` calls do nothing and answer this. */
  answer(call: CallName, value: unknown, times?: number): void;
  /** Something happens between two steps of a use case: runs just before the next such call. */
  meanwhile(call: CallName, action: () => unknown): void;
  /** Every asynchronous call, in order. */
  calls: CallName[];
}

type Fault =
  | { kind: 'before' | 'after'; error: Error }
  | { kind: 'answer'; value: unknown }
  | { kind: 'meanwhile'; action: () => unknown };

export function faultPlan(): Faults & { wrap<Port extends object>(name: string, port: Port): Port } {
  const planned = new Map<string, Fault[]>();
  const calls: CallName[] = [];
  const plan = (call: CallName, fault: Fault, times = 1) => {
    planned.set(call, [...(planned.get(call) ?? []), ...Array<Fault>(times).fill(fault)]);
  };

  async function faulty(fault: Fault, act: () => unknown): Promise<unknown> {
    if (fault.kind === 'answer') return fault.value;
    if (fault.kind === 'before') throw fault.error;
    if (fault.kind === 'meanwhile') await fault.action();
    const answer = await act();
    if (fault.kind === 'after') throw fault.error;
    return answer;
  }

  return {
    calls,
    before: (call, error, times) => plan(call, { kind: 'before', error }, times),
    after: (call, error, times) => plan(call, { kind: 'after', error }, times),
    answer: (call, value, times) => plan(call, { kind: 'answer', value }, times),
    meanwhile: (call, action) => plan(call, { kind: 'meanwhile', action }),
    wrap: (name, port) =>
      new Proxy(port, {
        get(target, property) {
          const value = Reflect.get(target, property);
          if (typeof value !== 'function' || typeof property !== 'string') return value;
          return (...args: unknown[]) => {
            const call: CallName = `${name}.${property}`;
            const fault = planned.get(call)?.shift();
            const act = () => Reflect.apply(value, target, args);
            const answer = fault ? faulty(fault, act) : act();
            if (answer instanceof Promise) calls.push(call);
            return answer;
          };
        },
      }),
  };
}
