import { describe } from 'vitest';
import { socketLive } from '#functions/aws/socket-live';
import { fakeWorld } from '#test/support/fake-world';
import type { ContractWorld } from './case.ts';
import { allCases } from './cases/all.cases.ts';

describe('in memory', () => {
  allCases({ make: async () => inMemory() });
});

function inMemory(): ContractWorld {
  const world = fakeWorld();
  const notes: string[] = [];
  return {
    ...world,
    // The fake only records; what pushes is the same code in every world.
    live: socketLive({ connections: world.connections, note: (message) => void notes.push(message) }),
    notes,
    received: async () => world.queue.sent.splice(0),
    pushed: () => world.connections.posted,
    dropSocket: (id) => world.connections.drop(id),
  };
}
