import { describe, expect, it } from 'vitest';
import { socketLive } from '#functions/aws/socket-live';
import { aConnection, aJobEvent, anId, tenant } from '#test/support/builders';
import { fakeWorld } from '#test/support/fake-world';

describe('pushing', () => {
  it('notes a socket that fails, keeps its row, and reaches the others', async () => {
    const world = fakeWorld();
    const live = socketLive(world);
    for (const id of ['a=', 'b=', 'c=']) await world.connections.put(aConnection({ id }));
    world.faults.before('connections.post', new Error('throttled'));

    await live.push(tenant, anId('s'), anId('j'), [aJobEvent()]);

    expect(world.connections.posted).toHaveLength(2);
    expect(world.notes).toMatchObject([{ message: 'push failed' }]);
    expect(await world.connections.list(tenant, anId('s'))).toHaveLength(3);
  });

  it('throws nothing when the sockets cannot even be listed', async () => {
    const world = fakeWorld();
    world.faults.before('connections.list', new Error('table is away'));

    await socketLive(world).push(tenant, anId('s'), anId('j'), [aJobEvent()]);

    expect(world.notes).toMatchObject([{ message: 'push failed', fields: { job_id: anId('j') } }]);
  });

  it('posts to five sockets at once, not more', async () => {
    const world = fakeWorld();
    for (let n = 0; n < 12; n += 1) await world.connections.put(aConnection({ id: `socket-${n}=` }));
    let [open, most] = [0, 0];
    const connections = {
      ...world.connections,
      list: world.connections.list,
      post: async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise(setImmediate);
        open -= 1;
        return 'ok' as const;
      },
    };

    await socketLive({ connections, note: world.note }).push(tenant, anId('s'), anId('j'), [aJobEvent()]);

    expect(most).toBe(5);
  });
});
