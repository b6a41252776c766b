import { describe, expect, it } from 'vitest';
import { ProviderBusy } from '#core/errors';
import { aJob, anId } from '#test/support/builders';
import { fakeWorld } from '#test/support/fake-world';

const metadata = {
  install_id: 'test-install',
  tenant: 'acme',
  job_id: anId('j'),
  sandbox_key: 'X#1#solve',
  dispatch: '1',
  nonce: 'nonce-1',
  session_id: anId('s'),
  chat_id: anId('s'),
  issue_id: anId('i'),
  user_id: 'ada',
};

describe('the fake world', () => {
  it('lets a call fail before it happens, and the next one pass', async () => {
    const world = fakeWorld();
    world.faults.before('sandboxes.create', new ProviderBusy('no slot'));

    await expect(world.sandboxes.create(metadata, { seconds: 120 }, { allow: [] })).rejects.toThrow(ProviderBusy);
    await world.sandboxes.create(metadata, { seconds: 120 }, { allow: [] });

    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('loses the answer of a call that took effect', async () => {
    const world = fakeWorld();
    world.faults.after('sandboxes.create', new Error('socket hang up'));

    await expect(world.sandboxes.create(metadata, { seconds: 120 }, { allow: [] })).rejects.toThrow('socket hang up');

    expect(await world.sandboxes.list({ install_id: 'test-install', nonce: 'nonce-1' })).toHaveLength(1);
  });

  it('lets a kill go unconfirmed while the sandbox lives on', async () => {
    const world = fakeWorld();
    const { sandbox_id } = await world.sandboxes.create(metadata, { seconds: 120 }, { allow: [] });
    world.faults.answer('sandboxes.kill', false);

    const confirmed = await world.sandboxes.kill(sandbox_id);

    expect(confirmed).toBe(false);
    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('lets a sandbox die when its life is over', async () => {
    const world = fakeWorld();
    const { sandbox_id } = await world.sandboxes.create(metadata, { seconds: 120 }, { allow: [] });

    world.clock.advanceSeconds(121);

    expect(await world.sandboxes.info(sandbox_id)).toBeUndefined();
    await expect(world.sandboxes.run(sandbox_id, 'true', { timeoutSeconds: 1 })).rejects.toThrow('no sandbox');
  });

  it('lets something happen between two steps, and records the calls', async () => {
    const world = fakeWorld();
    const job = world.jobs.seed(aJob());
    world.faults.meanwhile('jobs.claim', () => world.jobs.transition(job, 'cancelling', {}));

    await expect(world.jobs.claim(job, 'dispatcher', world.clock.at(60))).rejects.toThrow('no longer queued');

    expect(world.faults.calls).toContain('jobs.transition');
  });
});
