import { describe, expect, it } from 'vitest';
import { PatchbayError, SandboxLost } from '#core/errors';
import { collect } from '#core/use-cases/collect';
import { tenant } from '#test/support/builders';
import { aResult, patch, sha256, someEvidence } from '#test/support/runner-scripts';
import { aRunningJob, type RunningJob } from '#test/support/running-job';

async function finished(overrides: Parameters<typeof aResult>[0] = {}, text: string | null = patch()) {
  const running = await aRunningJob();
  const runner = await running.started();
  if (text !== null) runner.leave('diff.patch', text);
  runner.leave('logs.txt', 'log');
  runner.leave('result.json', aResult(overrides));
  return { ...running, runner };
}

const stored = ({ world, input }: RunningJob, name: string) => {
  const object = world.artifacts.stored.get(`${tenant}/${input.job_id}/${name}`);
  return object && new TextDecoder().decode(object.body);
};

describe('collecting a solve', () => {
  it('believes the files, not the report', async () => {
    const running = await finished({ files_changed: 99, insertions: 99, patch_sha256: 'f'.repeat(64) });

    const result = await collect(running.world, running.step());

    expect(result).toEqual({ verify: true, status: 'verifying' });
    const { diff } = await running.attempt();
    const tests = { files: 0, lines_removed: 0, paths: [] };
    const counted = { files: 1, insertions: 1, deletions: 1, tests };
    expect(diff).toEqual({ ...counted, sha256: sha256(patch()), bytes: patch().length });
    expect(running.world.sandboxes.alive()).toEqual([]);
    expect((await running.row()).state).toBe('dead');
  });

  it.each([
    ['succeeded', 'empty', 'no_patch'],
    ['no_changes', 'empty', 'no_patch'],
    ['budget_exhausted', 'failed', 'budget_exhausted'],
    ['timed_out', 'failed', 'timed_out'],
    ['setup_failed', 'failed', 'setup_failed'],
    ['agent_error', 'failed', 'agent_error'],
    ['infra_error', 'failed', 'internal'],
  ] as const)('without a patch ends %s as %s, %s', async (status, to, code) => {
    const running = await finished({ status }, '');

    const result = await collect(running.world, running.step());

    expect(result).toEqual({ verify: false, status: to });
    expect((await running.attempt()).failure?.code).toBe(code);
  });

  it('keeps a patch as a candidate when the budget or the time ran out', async () => {
    for (const status of ['budget_exhausted', 'timed_out'] as const) {
      const running = await finished({ status });

      expect(await collect(running.world, running.step())).toMatchObject({ verify: true });
    }
  });

  it('rejects a patch that adds a secret', async () => {
    const running = await finished({}, patch('.env', `GITHUB_TOKEN=ghp_${'a'.repeat(36)}`));

    expect(await collect(running.world, running.step())).toMatchObject({ verify: false, status: 'failed' });

    expect((await running.attempt()).failure).toMatchObject({
      code: 'patch_rejected',
      message: expect.stringContaining('a GitHub token'),
    });
  });

  it('rejects a patch that was left out for its size', async () => {
    const running = await finished({ truncated: true }, '# The patch is larger than 5 MB\nM\tbig.bin\n');

    await collect(running.world, running.step());

    expect((await running.attempt()).failure?.code).toBe('patch_rejected');
  });

  it('leaves out what is too large or has another shape, and says so', async () => {
    const running = await finished();
    running.runner.leave('plan.json', '{"summary": 1}');
    running.runner.leave('tests.json', 'no json');
    running.runner.leave('logs.txt', 'x'.repeat(5 * 1_024 * 1_024 + 1));

    await collect(running.world, running.step());

    const { artifacts, transitions } = await running.attempt();
    expect(artifacts.map(({ name }) => name).toSorted()).toEqual(['1/1/diff.patch', '1/1/result.json']);
    expect(transitions.at(-1)?.data?.notes).toHaveLength(3);
  });

  it('asks a runner that has not ended for its last files first', async () => {
    const running = await aRunningJob();
    const runner = await running.started();
    running.world.sandboxes.onRun = (_, command) => {
      if (command.includes('kill -TERM')) {
        runner.leave('diff.patch', patch());
        runner.leave('result.json', aResult({ status: 'timed_out' }));
      }
      return undefined;
    };

    const result = await collect(running.world, { ...running.step(), error: 'States.Timeout' });

    expect(result).toEqual({ verify: true, status: 'verifying' });
  });

  it('does not disturb a runner that has said done', async () => {
    const running = await finished();

    await collect(running.world, running.step());

    expect(running.runner.sandbox.commands.some((command) => command.includes('kill -TERM'))).toBe(false);
  });
});

describe('checkpoints', () => {
  it('never stand in for what a finished runner left out: no changes are no changes', async () => {
    const running = await finished({ status: 'no_changes' }, null);
    running.world.artifacts.upload(`${tenant}/${running.input.job_id}/1/1/checkpoints/diff.patch`, patch());

    expect(await collect(running.world, running.step())).toEqual({ verify: false, status: 'empty' });

    expect(stored(running, '1/1/diff.patch')).toBeUndefined();
  });

  it('are the candidate of a runner that died in a living sandbox', async () => {
    const running = await aRunningJob();
    await running.started();
    running.world.artifacts.upload(`${tenant}/${running.input.job_id}/1/1/checkpoints/diff.patch`, patch());

    const result = await collect(running.world, { ...running.step(), error: 'States.HeartbeatTimeout' });

    expect(result).toEqual({ verify: true, status: 'verifying' });
  });
});

describe('a sandbox that is lost', () => {
  async function lost() {
    const running = await aRunningJob();
    await running.started();
    const folder = `${tenant}/${running.input.job_id}/1/1/checkpoints`;
    running.world.artifacts.upload(`${folder}/diff.patch`, patch());
    running.world.artifacts.upload(`${folder}/logs/0000000005`, 'world');
    running.world.artifacts.upload(`${folder}/logs/0000000000`, 'hello');
    for (const sandbox of running.world.sandboxes.all) sandbox.killed = true;
    return running;
  }

  it('fails its attempt as sandbox_lost, with its last checkpoint as partial files', async () => {
    const running = await lost();

    const result = await collect(running.world, { ...running.step(), error: 'States.HeartbeatTimeout' });

    expect(result).toEqual({ verify: false, status: 'failed' });
    const attempt = await running.attempt();
    expect(attempt.failure).toMatchObject({ code: 'sandbox_lost', retryable: true });
    expect(attempt.artifacts.map(({ name, partial }) => [name, partial])).toEqual([
      ['1/1/diff.patch', true],
      ['1/1/logs.txt', true],
    ]);
    expect(stored(running, '1/1/logs.txt')).toBe('helloworld');
    expect(attempt.diff).toMatchObject({ files: 1 });
  });

  it('is proved only by the provider: another failure is tried again', async () => {
    const running = await finished();
    running.world.faults.before('sandboxes.read', new Error('502'));

    await expect(collect(running.world, running.step())).rejects.toThrow('502');
    expect((await running.attempt()).status).toBe('collecting');

    expect(await collect(running.world, running.step())).toEqual({ verify: true, status: 'verifying' });
  });

  it('in the middle keeps what was read and takes the rest from the checkpoints', async () => {
    const running = await lost();
    const runner = running.world.sandboxes.all[0]!;
    runner.killed = false;
    runner.files.set(`/workspace/output/${running.input.job_id}/diff.patch`, new TextEncoder().encode(patch('b.ts')));
    running.world.faults.meanwhile('sandboxes.read', () => undefined);
    running.world.faults.before('sandboxes.read', new SandboxLost('gone'));

    await collect(running.world, { ...running.step(), error: 'States.Timeout' });

    expect(stored(running, '1/1/diff.patch')).toBe(patch('b.ts'));
    expect((await running.attempt()).artifacts.map(({ partial }) => partial)).toEqual([false, true]);
  });
});

describe('a repeated collect', () => {
  it('after the status was written only kills', async () => {
    const running = await finished();
    running.world.faults.before('sandboxes.kill', new Error('down'));
    const first = await collect(running.world, running.step());

    const second = await collect(running.world, running.step());

    expect(first).toEqual({ verify: false, status: 'verifying' });
    expect(second).toEqual({ verify: true, status: 'verifying' });
    expect((await running.attempt()).transitions.filter(({ to }) => to === 'verifying')).toHaveLength(1);
  });

  it('after the files were stored stores them again', async () => {
    const running = await finished();
    running.world.faults.before('attempts.transition', new Error('down'));
    await collect(running.world, running.step()).catch(() => undefined);

    expect(await collect(running.world, running.step())).toEqual({ verify: true, status: 'verifying' });
  });
});

describe('a kill that is not confirmed', () => {
  it('skips Verify, because the permit still carries a sandbox', async () => {
    const running = await finished();
    running.world.faults.answer('sandboxes.kill', false);

    expect(await collect(running.world, running.step())).toEqual({ verify: false, status: 'verifying' });

    expect((await running.row()).state).toBe('running');
  });
});

describe('a cancelled job', () => {
  it('keeps what the runner left', async () => {
    const running = await finished({ status: 'cancelled' });
    await running.cancel();

    const result = await collect(running.world, { ...running.step(), error: 'Cancelled' });

    expect(result).toEqual({ verify: false, status: 'cancelled' });
    expect(stored(running, '1/1/diff.patch')).toBe(patch());
    expect((await running.attempt()).diff).toMatchObject({ files: 1 });
    expect(running.world.sandboxes.alive()).toEqual([]);
  });

  it('that has ended already only loses the sandbox', async () => {
    const running = await finished();
    running.world.jobs.seed({ ...(await running.job()), status: 'failed' });

    await expect(collect(running.world, running.step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(running.world.sandboxes.alive()).toEqual([]);
  });

  it('whose attempt was ended at the first write is left as it is', async () => {
    const running = await finished();
    running.world.faults.meanwhile('attempts.transition', async () => {
      running.world.attempts.seed({ ...(await running.attempt()), status: 'cancelled', v: 9 });
    });

    expect(await collect(running.world, running.step())).toEqual({ verify: false, status: 'cancelled' });

    expect(running.world.sandboxes.alive()).toEqual([]);
  });

  it('whose attempt was ended meanwhile is not brought back', async () => {
    const running = await finished();
    running.world.faults.meanwhile('sandboxes.setLife', async () => {
      await running.world.attempts.transition(await running.attempt(), 'cancelled', {});
    });

    expect(await collect(running.world, running.step())).toEqual({ verify: false, status: 'cancelled' });
  });
});

describe('collecting a verify', () => {
  async function verifying() {
    const running = await finished();
    await collect(running.world, running.step());
    const runner = await running.started('verify');
    return { ...running, verifier: runner };
  }

  it('with complete evidence makes the attempt solved and verified', async () => {
    const running = await verifying();
    running.verifier.leave('changes.tar', 'tar!');
    running.verifier.leave('evidence.json', someEvidence(running.verifier));
    running.verifier.leave('logs.txt', 'verify log');

    const result = await collect(running.world, running.step('verify'));

    expect(result).toEqual({ verify: false, status: 'solved' });
    expect((await running.attempt()).verified).toBe(true);
    expect(stored(running, '1/1/logs.txt')).toBe('log');
    expect(stored(running, '1/1/verify-logs.txt')).toBe('verify log');
    expect(stored(running, '1/1/changes.tar')).toBe('tar!');
  });

  it('of a patch that does not apply fails the attempt as patch_rejected', async () => {
    const running = await verifying();
    const evidence = someEvidence(running.verifier, { applies: false, apply_error: 'line 3', complete: false });
    running.verifier.leave('evidence.json', evidence);

    expect(await collect(running.world, running.step('verify'))).toMatchObject({ status: 'failed' });

    const { failure } = await running.attempt();
    expect(failure).toMatchObject({ code: 'patch_rejected', message: expect.stringContaining('line 3') });
  });

  it('takes no evidence about another patch or attempt', async () => {
    for (const foreign of [{ patch_sha256: 'f'.repeat(64) }, { attempt: 2 }]) {
      const running = await verifying();
      running.verifier.leave('changes.tar', 'tar!');
      running.verifier.leave('evidence.json', someEvidence(running.verifier, foreign));

      await collect(running.world, running.step('verify'));

      expect(await running.attempt()).toMatchObject({ status: 'solved', verified: false });
      expect(stored(running, '1/1/evidence.json')).toBeUndefined();
      expect(stored(running, '1/1/changes.tar')).toBeUndefined();
    }
  });

  it('takes no changes.tar with another hash than the evidence names', async () => {
    const running = await verifying();
    running.verifier.leave('changes.tar', 'another');
    running.verifier.leave('evidence.json', someEvidence(running.verifier));

    await collect(running.world, running.step('verify'));

    expect(stored(running, '1/1/evidence.json')).toBeDefined();
    expect(stored(running, '1/1/changes.tar')).toBeUndefined();
  });

  it('without evidence leaves the attempt solved but unverified, and says why', async () => {
    const running = await verifying();
    for (const sandbox of running.world.sandboxes.alive()) sandbox.killed = true;

    await collect(running.world, { ...running.step('verify'), error: 'States.HeartbeatTimeout' });

    const { status, verified, transitions } = await running.attempt();
    expect([status, verified]).toEqual(['solved', false]);
    expect(transitions.at(-1)?.data?.reason).toContain('lost');
  });
});

describe('a step without its sandbox', () => {
  it('collects nothing', async () => {
    const { world, step } = await aRunningJob();

    await expect(collect(world, step())).rejects.toBeInstanceOf(PatchbayError);
  });
});
