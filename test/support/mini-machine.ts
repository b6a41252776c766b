import type { CallbackReply, CallbackRequest } from '#core/api/callbacks';
import { attemptId } from '#core/ids';
import type { RunnerEventType } from '#core/job/milestone';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { collect } from '#core/use-cases/collect';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { endAttempt } from '#core/use-cases/end-attempt';
import { finish } from '#core/use-cases/finish';
import { handleCallback } from '#core/use-cases/handle-callback';
import { judge } from '#core/use-cases/judge';
import { runAgent } from '#core/use-cases/run-agent';
import { RunnerJob } from '#core/workflow/runner';
import type { AttemptResult, CollectResult, MachineInput, SandboxStep } from '#core/workflow/steps';
import type { FakeWorld } from './fake-world.ts';
import type { FakeSandbox } from './fakes/fake-sandboxes.ts';

/** What a runner is and can do, for the script of one. */
export interface FakeRunner {
  job: RunnerJob;
  sandbox: FakeSandbox;
  /** Sends events with the next numbers, and a beat; returns the answer. */
  say: (...types: RunnerEventType[]) => Promise<CallbackReply>;
  send: (request: Partial<CallbackRequest>) => Promise<CallbackReply>;
  /** Leaves a file in the output folder. */
  leave: (name: string, body: unknown) => void;
}

/** Plays one runner; what it throws is the error of the step (`name`), else it has to say `done`. */
export type Script = (runner: FakeRunner) => Promise<void>;

export class StepFailed extends Error {}

/** Raises the error by which Step Functions would end the wait for a runner. */
export function stepFails(name: string): never {
  const error = new StepFailed(name);
  error.name = name;
  throw error;
}

/** The machine of lib/workflow.ts without its retries of Lambda errors: one attempt after another, all steps, all catches. */
export async function playMachine(
  world: FakeWorld,
  input: MachineInput,
  script: Script,
  options: { createTries?: number } = {},
): Promise<{ results: AttemptResult[]; status: string }> {
  const job = { tenant: input.tenant, job_id: input.job_id, round: input.round, dispatch: input.dispatch };
  const tries = options.createTries ?? 2;
  try {
    const results: AttemptResult[] = [];
    for (const { n, slot } of input.attempts) {
      results.push(await playAttempt(world, { ...job, mode: 'solve', attempt: n, slot }, script, tries));
    }
    const worth = results.filter(({ verified }) => verified).length > 1 && results.some(({ repro }) => repro);
    let cross_tests: 'run' | 'not_needed' | 'skipped' = 'not_needed';
    if (worth) {
      cross_tests = 'run';
      await playSandbox(world, { ...job, mode: 'judge', attempt: 0, slot: 0 }, script, tries).catch(() => {
        cross_tests = 'skipped';
      });
    }
    await judge(world, { ...job, cross_tests });
    return { results, ...(await finish(world, { ...job, results })) };
  } catch (error) {
    const { name, message } = error as Error;
    await cleanupJob(world, { ...job, reason: `${name}: ${message}` });
    return { results: [], status: (await world.jobs.get(job.tenant, job.job_id))?.status ?? 'gone' };
  }
}

export async function playAttempt(
  world: FakeWorld,
  step: SandboxStep,
  script: Script,
  tries = 2,
): Promise<AttemptResult> {
  try {
    const { verify } = await playSandbox(world, step, script, tries);
    if (verify) await playSandbox(world, { ...step, mode: 'verify' }, script, tries);
    return await endAttempt(world, step);
  } catch (error) {
    const { name, message } = error as Error;
    return await endAttempt(world, { ...step, error: name, cause: message });
  }
}

async function playSandbox(world: FakeWorld, step: SandboxStep, script: Script, tries: number): Promise<CollectResult> {
  for (let left = tries; ; left -= 1) {
    try {
      await createSandbox(world, step);
      break;
    } catch (error) {
      if (left <= 1 || (error as Error).name !== 'ProviderBusy') throw error;
    }
  }
  const task_token = `task-${step.mode}-${step.attempt}-${step.dispatch}`;
  try {
    await runAgent(world, { ...step, task_token });
    await script(runnerIn(world, step));
    if (!world.taskTokens.answers.some(({ token }) => token === task_token)) stepFails('States.HeartbeatTimeout');
    const answer = world.taskTokens.answers.find(({ token }) => token === task_token);
    if (answer?.kind === 'fail') stepFails(answer.error);
  } catch (error) {
    return await collect(world, { ...step, error: (error as Error).name, cause: (error as Error).message });
  }
  return await collect(world, step);
}

/** The runner of a step's newest sandbox, as its job.json says. */
export function runnerIn(world: FakeWorld, step: SandboxStep): FakeRunner {
  const key = step.mode === 'judge' ? 'X#judge' : `X#${step.attempt}#${step.mode}`;
  const sandbox = world.sandboxes.all.findLast(({ metadata }) => metadata.sandbox_key === key);
  const input = sandbox?.files.get('.patchbay/job.json');
  if (sandbox === undefined || input === undefined) throw new Error(`no runner was started for ${key}`);
  const job = RunnerJob.parse(JSON.parse(new TextDecoder().decode(input)));
  const attempt_id = attemptId(step.job_id, step.mode === 'judge' ? 'judge' : step.attempt);
  let said = 0;
  const hb = { phase: 'solving', steps: 1, cost_usd: 0.01 };
  const send = async (request: Partial<CallbackRequest>) =>
    await handleCallback(world, {
      attempt_id,
      token: job.token,
      request: { from: said + 1, events: [], hb, ...request },
    });
  return {
    job,
    sandbox,
    send,
    say: async (...types) => {
      const from = said + 1;
      const events = types.map((type, k) => ({ src_seq: from + k, type, at: world.clock.at(), data: {} }));
      said += types.length;
      return await send({ from, events });
    },
    leave: (name, body) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      world.sandboxes.leave(sandbox.id, `${job.workspace_root}/output/${job.job_id}/${name}`, text);
    },
  };
}
