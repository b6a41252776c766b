import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { createSeconds, heartbeatSeconds, machineSeconds, throttled } from '#core/workflow/limits';
import type { RunnerMode } from '#core/workflow/runner';

export interface StepFunctions {
  createSandbox: lambda.IFunction;
  runAgent: lambda.IFunction;
  collect: lambda.IFunction;
  endAttempt: lambda.IFunction;
  judge: lambda.IFunction;
  finish: lambda.IFunction;
  cleanup: lambda.IFunction;
}

/** Failures of a step that another try may cure, and those that none does; a busy provider gets its own patience. */
const finalErrors = ['Cancelled', 'SandboxLost', 'LostRace'];
const anyError =
  '{% {"error": $states.errorOutput.Error, "cause": $substring($string($states.errorOutput.Cause), 0, 1000)} %}';

/**
 * The way of a job, once it is dispatched:
 *
 *   Map attempts: CreateSandbox → RunAgent → Collect → (CreateVerify → RunVerify → CollectVerify) → EndAttempt
 *   → (CreateJudge → RunJudge → CollectJudge) → Judge → Finish;  any error of the machine → Cleanup
 *
 * Each Map iteration catches everything, so that none aborts another. Expressions only pick fields and merge them;
 * decisions live in the steps.
 */
export class Workflow extends Construct {
  readonly machine: sfn.StateMachine;
  private readonly steps: StepFunctions;

  constructor(scope: Construct, id: string, props: { steps: StepFunctions; logRetentionDays: number }) {
    super(scope, id);
    this.steps = props.steps;
    this.machine = new sfn.StateMachine(this, 'Machine', {
      queryLanguage: sfn.QueryLanguage.JSONATA,
      definitionBody: sfn.DefinitionBody.fromChainable(this.course()),
      timeout: Duration.seconds(machineSeconds),
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'Logs', {
          retention: props.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
  }

  private course(): sfn.IChainable {
    const finish = this.step(
      'Finish',
      this.steps.finish,
      '{% $merge([$job, {"results": $results}]) %}',
      '{% $states.result.Payload %}',
    );
    const judge = (id: string, crossTests: string) =>
      this.step(
        id,
        this.steps.judge,
        `{% $merge([$job, {"cross_tests": "${crossTests}"}]) %}`,
        '{% $states.result.Payload %}',
      );
    const judgeAlone = judge('Judge', 'not_needed');
    const judgeWithout = judge('JudgeWithoutCrossTests', 'skipped');
    const judgeWith = judge('JudgeWithCrossTests', 'run');
    const crossTests = this.sandbox(
      'Judge',
      'judge',
      '{% $merge([$job, {"mode": "judge", "attempt": 0, "slot": 0}]) %}',
      judgeWithout,
    );
    crossTests.collect.next(judgeWith);
    const worthIt = sfn.Choice.jsonata(this, 'CrossTestsWorthIt')
      .when(
        sfn.Condition.jsonata('{% $count($results[verified]) > 1 and $count($results[repro]) > 0 %}'),
        crossTests.create,
      )
      .otherwise(judgeAlone);
    const attempts = this.attempts();
    attempts.next(worthIt);
    for (const verdict of [judgeAlone, judgeWith, judgeWithout]) verdict.next(finish);
    this.catchAll([attempts, judgeAlone, judgeWith, judgeWithout, finish]);
    return sfn.Chain.start(attempts);
  }

  /** The last net inside the machine: ends the job, then fails the execution so that it shows. */
  private catchAll(states: Array<sfn.Map | tasks.LambdaInvoke>): void {
    const cleanup = this.step(
      'Cleanup',
      this.steps.cleanup,
      '{% $merge([$job, {"reason": $states.input.error & ": " & $states.input.cause}]) %}',
      '{% $states.input %}',
    );
    cleanup.next(
      sfn.Fail.jsonata(this, 'MachineFailed', {
        error: '{% $states.input.error %}',
        cause: '{% $states.input.cause %}',
      }),
    );
    for (const state of states)
      state.addCatch(cleanup, {
        outputs: anyError,
        ...(state instanceof sfn.Map ? { assign: { job: jobFields } } : {}),
      });
  }

  private attempts(): sfn.Map {
    const end = this.step(
      'EndAttempt',
      this.steps.endAttempt,
      '{% $merge([$step, {"mode": "solve"}, $states.input]) %}',
      '{% $states.result.Payload %}',
    );
    end.addCatch(
      sfn.Pass.jsonata(this, 'AttemptLost', {
        outputs: { attempt: '{% $step.attempt %}', status: 'failed', verified: false, repro: false, refused: false },
      }),
    );
    const verify = this.sandbox('Verify', 'verify', '{% $step %}', end);
    const solve = this.sandbox('Solve', 'solve', '{% $states.input %}', end);
    const usable = sfn.Choice.jsonata(this, 'DiffUsable')
      .when(sfn.Condition.jsonata('{% $states.input.verify %}'), verify.create, { outputs: {} })
      .otherwise(end);
    solve.collect.next(usable);
    verify.collect.next(end);
    const map = sfn.Map.jsonata(this, 'Attempts', {
      items: sfn.ProvideItems.jsonata('{% [$states.input.attempts] %}'),
      itemSelector: {
        tenant: '{% $states.input.tenant %}',
        job_id: '{% $states.input.job_id %}',
        round: '{% $states.input.round %}',
        dispatch: '{% $states.input.dispatch %}',
        attempt: '{% $states.context.Map.Item.Value.n %}',
        slot: '{% $states.context.Map.Item.Value.slot %}',
      },
      assign: { job: jobFields, results: '{% [$states.result] %}' },
      outputs: {},
    });
    return map.itemProcessor(solve.create);
  }

  /** One sandbox: create it, run the runner until it answers by its token, collect and kill. `failed`: where errors go. */
  private sandbox(id: string, mode: RunnerMode, step: string, failed: sfn.IChainable) {
    const payload = (more = '') => `{% $merge([$step, {"mode": "${mode}"}${more}]) %}`;
    const onError = { outputs: anyError };
    const create = tasks.LambdaInvoke.jsonata(this, `Create${id}Sandbox`, {
      lambdaFunction: this.steps.createSandbox,
      retryOnServiceExceptions: false,
      payload: sfn.TaskInput.fromText(`{% $merge([${step.slice(3, -3)}, {"mode": "${mode}"}]) %}`),
      assign: { step, run_timeout: '{% $states.result.Payload.run_timeout_seconds %}' },
      outputs: {},
    });
    this.retry(create);
    create.addCatch(failed as sfn.State, { ...onError, assign: { step } });

    const run = tasks.LambdaInvoke.jsonata(this, `Run${id}Agent`, {
      lambdaFunction: this.steps.runAgent,
      integrationPattern: sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      // Any other retry would issue a second token for an agent that may have been started.
      retryOnServiceExceptions: false,
      payload: sfn.TaskInput.fromText(payload(', {"task_token": $states.context.Task.Token}')),
      taskTimeout: sfn.Timeout.jsonata('{% $run_timeout %}'),
      heartbeatTimeout: sfn.Timeout.duration(Duration.seconds(heartbeatSeconds)),
      outputs: {},
    });
    const collect = this.step(
      `Collect${id}`,
      this.steps.collect,
      payload(', $states.input'),
      '{% $states.result.Payload %}',
    );
    retryThrottled(run);
    run.addCatch(collect, onError);
    run.next(collect);
    create.next(run);
    collect.addCatch(failed as sfn.State, onError);
    return { create, collect };
  }

  private step(id: string, fn: lambda.IFunction, payload: string, outputs: string): tasks.LambdaInvoke {
    const task = tasks.LambdaInvoke.jsonata(this, id, {
      lambdaFunction: fn,
      retryOnServiceExceptions: false,
      payload: sfn.TaskInput.fromText(payload),
      outputs,
    });
    return this.retry(task);
  }

  private retry(task: tasks.LambdaInvoke): tasks.LambdaInvoke {
    task.addRetry({ errors: finalErrors, maxAttempts: 0 });
    retryThrottled(task);
    // 5 s × 1.7^n with full jitter, five times: at most 112 s of waiting, under the `createSeconds` rung.
    task.addRetry({
      errors: ['ProviderBusy'],
      interval: Duration.seconds(5),
      backoffRate: 1.7,
      maxAttempts: 5,
      maxDelay: Duration.seconds(createSeconds / 3),
      jitterStrategy: sfn.JitterType.FULL,
    });
    task.addRetry({
      errors: [sfn.Errors.TASKS_FAILED],
      interval: Duration.seconds(2),
      backoffRate: 2,
      maxAttempts: 2,
      jitterStrategy: sfn.JitterType.FULL,
    });
    return task;
  }
}

/** Lambda had no room and refused the call, so no token was handed out and nothing was done: any step may be called again. */
function retryThrottled(task: tasks.LambdaInvoke): void {
  task.addRetry({
    errors: ['Lambda.TooManyRequestsException'],
    interval: Duration.seconds(throttled.first),
    backoffRate: 2,
    maxAttempts: throttled.times,
    maxDelay: Duration.seconds(throttled.most),
    jitterStrategy: sfn.JitterType.FULL,
  });
}

const jobFields = {
  tenant: '{% $states.input.tenant %}',
  job_id: '{% $states.input.job_id %}',
  round: '{% $states.input.round %}',
  dispatch: '{% $states.input.dispatch %}',
};
