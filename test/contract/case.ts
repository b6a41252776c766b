import { it } from 'vitest';
import type { World } from '#core/ports/world';
import type { FakeClock } from '#test/support/fakes/fake-clock';

/** A fresh, empty world for one case. */
export interface ContractWorld extends Omit<World, 'sandboxes' | 'sandboxLease' | 'codeHost' | 'installation'> {
  clock: FakeClock;
  /** What has been sent and not been taken out yet, in no order. */
  received(): Promise<unknown[]>;
  /** What the sockets got, in order. */
  pushed(): Array<{ id: string; message: unknown }>;
  /** The client went away without a word. */
  dropSocket(id: string): void;
  notes: string[];
}

/** How one implementation is checked. */
export interface Subject {
  make(): Promise<ContractWorld>;
  /** Cases that cannot hold here, with the reason; it is printed beside them. */
  differs?: Record<string, string>;
}

export type Case = (name: string, run: (world: ContractWorld) => Promise<void>) => void;

/** `it`, with a fresh world for each case. A case that differs is listed with its reason, and is not run. */
export function caseOf(subject: Subject): Case {
  return (name, run) => {
    const reason = subject.differs?.[name];
    if (reason === undefined) it(name, async () => run(await subject.make()));
    else it(`${name} (differs here: ${reason})`, () => {});
  };
}
