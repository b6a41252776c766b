import { describe, expect, it as vitestIt } from 'vitest';
import { LostRace } from '#core/errors';
import type { Executions, TaskTokens } from '#core/ports/executions';

/** A workflow engine whose machine is one step that waits for its token. */
export interface EngineWorld {
  executions: Executions;
  taskTokens: TaskTokens;
  /** The token of the step in which this execution waits. */
  tokenOf(name: string): Promise<string>;
  /** Ends it with success. */
  finish(name: string): Promise<void>;
}

export interface EngineSubject {
  make(): Promise<EngineWorld>;
  /** As in `case.ts`. */
  differs?: Record<string, string>;
}

const input = { tenant: 'acme', round: 1, attempts: [{ n: 1, slot: 0 }] };

export function executionsCases(subject: EngineSubject): void {
  const it = (name: string, run: (world: EngineWorld) => Promise<void>) => {
    const reason = subject.differs?.[name];
    if (reason === undefined) vitestIt(name, async () => run(await subject.make()));
    else vitestIt(`${name} (differs here: ${reason})`, () => {});
  };

  describe('executions', () => {
    it('start once under a name, whatever the order of the keys', async ({ executions }) => {
      const first = await executions.start('j1-1-1', input);
      const { attempts, round, tenant } = input;
      const second = await executions.start('j1-1-1', { attempts, round, tenant });

      expect(second).toEqual(first);
      expect(first.arn).toBe(executions.arnOf('j1-1-1'));
      expect(await executions.status(first.arn)).toBe('RUNNING');
    });

    it('refuse a name with another input, and one that was used before', async ({ executions, finish }) => {
      await executions.start('j1-1-1', input);

      await expect(executions.start('j1-1-1', { ...input, round: 2 })).rejects.toThrow(LostRace);
      await finish('j1-1-1');
      await expect(executions.start('j1-1-1', input)).rejects.toThrow(LostRace);
      expect((await executions.start('j1-1-2', input)).arn).toBe(executions.arnOf('j1-1-2'));
    });

    it('are stopped, again and again', async ({ executions }) => {
      const { arn } = await executions.start('j1-1-1', input);

      await executions.stop(arn, 'Cancelled', 'by a person');
      await executions.stop(arn, 'Cancelled', 'by a person');
      await executions.stop(executions.arnOf('never-started'), 'Cancelled', 'x'.repeat(40_000));

      expect(await executions.status(arn)).toBe('ABORTED');
      expect(await executions.status(executions.arnOf('never-started'))).toBeUndefined();
    });
  });

  describe('task tokens', () => {
    it('take beats, then one answer', async ({ executions, taskTokens, tokenOf }) => {
      await executions.start('j1-1-1', input);
      const token = await tokenOf('j1-1-1');

      expect(await taskTokens.beat(token)).toBe('ok');
      expect(await taskTokens.beat(token)).toBe('ok');
      expect(await taskTokens.succeed(token, { ended: 'done' })).toBe('ok');

      expect(await taskTokens.succeed(token, { ended: 'done' })).toBe('settled');
      expect(await taskTokens.fail(token, 'Cancelled', 'too late')).toBe('settled');
      expect(await taskTokens.beat(token)).toBe('settled');
    });

    it('are settled by a failure, however long its cause', async ({ executions, taskTokens, tokenOf }) => {
      await executions.start('j1-1-1', input);
      const token = await tokenOf('j1-1-1');

      expect(await taskTokens.fail(token, 'E'.repeat(300), 'x'.repeat(40_000))).toBe('ok');

      expect(await taskTokens.succeed(token, {})).toBe('settled');
    });

    it('are settled when the execution has been stopped', async ({ executions, taskTokens, tokenOf }) => {
      const { arn } = await executions.start('j1-1-1', input);
      const token = await tokenOf('j1-1-1');
      await executions.stop(arn, 'Cancelled', 'by a person');

      expect(await taskTokens.beat(token)).toBe('settled');
      expect(await taskTokens.succeed(token, {})).toBe('settled');
    });

    it('are settled when nobody ever gave them out', async ({ taskTokens }) => {
      expect(await taskTokens.beat('AAAA')).toBe('settled');
      expect(await taskTokens.fail('AAAA', 'Cancelled', '')).toBe('settled');
    });
  });
}
