import type { Job } from '#core/job/job';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { runAgent } from '#core/use-cases/run-agent';
import type { RunnerMode } from '#core/workflow/runner';
import type { MachineInput, SandboxStep } from '#core/workflow/steps';
import { aJob, anIssue, options, tenant } from './builders.ts';
import { type FakeWorld, type FakeWorldOverrides, fakeWorld } from './fake-world.ts';
import { type FakeRunner, runnerIn } from './mini-machine.ts';

/** A job that has been dispatched on fakes, and the steps of its machine. */
export interface RunningJob {
  world: FakeWorld;
  input: MachineInput;
  /** The row as it is now. */
  job: () => Promise<Job>;
  attempt: (n?: number) => Promise<NonNullable<Awaited<ReturnType<FakeWorld['attempts']['get']>>>>;
  row: (mode?: RunnerMode, n?: number) => Promise<NonNullable<Awaited<ReturnType<FakeWorld['sandboxRows']['get']>>>>;
  step: (mode?: RunnerMode, n?: number) => SandboxStep;
  /** Creates the sandbox and starts the runner of a step. */
  started: (mode?: RunnerMode, n?: number) => Promise<FakeRunner>;
  /** As the API's cancel does it. */
  cancel: () => Promise<void>;
  /** Slots that are held, in all scopes. */
  leases: () => Promise<string[]>;
}

export async function aRunningJob(attempts = 1, overrides: FakeWorldOverrides = {}): Promise<RunningJob> {
  const world = fakeWorld(overrides);
  const seeded = world.jobs.seed(aJob({ options: options({ attempts }) }));
  await world.sessions.addIssue(anIssue());
  await world.budgets.reserve(tenant, '2026-01-05', seeded.id, 1_500_000, 100_000_000);
  await dispatchJob(world, { tenant, job_id: seeded.id, round: 1 });
  const { id } = seeded;
  const key = (mode: RunnerMode, n: number) => (mode === 'judge' ? 'X#judge' : `X#${n}#${mode}`);
  const step = (mode: RunnerMode = 'solve', n = 1): SandboxStep => {
    const slot = mode === 'judge' ? 0 : n - 1;
    return { tenant, job_id: id, round: 1, dispatch: 1, mode, attempt: mode === 'judge' ? 0 : n, slot };
  };
  const job = async () => (await world.jobs.get(tenant, id))!;
  return {
    world,
    input: world.executions.started.at(-1)?.input as MachineInput,
    job,
    attempt: async (n = 1) => (await world.attempts.get(tenant, id, n))!,
    row: async (mode = 'solve', n = 1) => (await world.sandboxRows.get(tenant, id, key(mode, n)))!,
    step,
    async started(mode = 'solve', n = 1) {
      await createSandbox(world, step(mode, n));
      await runAgent(world, { ...step(mode, n), task_token: `task-${mode}-${n}` });
      return runnerIn(world, step(mode, n));
    },
    cancel: async () => void (await world.jobs.transition(await job(), 'cancelling', { cancel_reason: 'by the user' })),
    leases: async () => {
      const scopes = await world.permits.scopes();
      const held = await Promise.all(scopes.map(async (scope) => Object.keys(await world.permits.leases(scope))));
      return held.flat();
    },
  };
}
