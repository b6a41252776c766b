const INVOKE = 'arn:aws:states:::lambda:invoke';
const whatHappened = { Error: '{% $states.errorOutput.Error %}', Cause: '{% $states.errorOutput.Cause %}' };
const Catch = [{ ErrorEquals: ['States.ALL'], Output: whatHappened, Next: 'Failed' }];

/** By `kind` of the input: `solve`, `retry`, `fail` go through Work; `token` through Agent, whose `runner` says who beats, and `heartbeat` how often at least. */
export const sampleMachine = {
  QueryLanguage: 'JSONata',
  StartAt: 'Which',
  States: {
    Which: {
      Type: 'Choice',
      Assign: { id: '{% $states.input.id %}' },
      Choices: [
        {
          Condition: "{% $states.input.kind = 'token' %}",
          Assign: { id: '{% $states.input.id %}' },
          Next: 'Agent',
        },
      ],
      Default: 'Work',
    },
    Work: {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: {
        FunctionName: `\${Work}`,
        Payload: { kind: '{% $states.input.kind %}', retries: '{% $states.context.State.RetryCount %}' },
      },
      TimeoutSeconds: 30,
      Retry: [{ ErrorEquals: ['TryAgain'], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 1 }],
      Catch,
      Output: '{% $states.result.Payload %}',
      Next: 'Store',
    },
    Agent: {
      Type: 'Task',
      Resource: `${INVOKE}.waitForTaskToken`,
      Arguments: {
        FunctionName: `\${Agent}`,
        Payload: {
          id: '{% $id %}',
          runner: '{% $states.input.runner %}',
          token: '{% $states.context.Task.Token %}',
        },
      },
      HeartbeatSeconds: '{% $states.input.heartbeat ? $states.input.heartbeat : 30 %}',
      TimeoutSeconds: 60,
      Catch,
      Next: 'Store',
    },
    Store: {
      Type: 'Task',
      Resource: INVOKE,
      Arguments: { FunctionName: `\${Store}`, Payload: { id: '{% $id %}', result: '{% $states.input %}' } },
      TimeoutSeconds: 30,
      Catch,
      Output: '{% $states.input %}',
      End: true,
    },
    Failed: {
      Type: 'Fail',
      Error: "{% 'Sample.' & $states.input.Error %}",
      Cause: '{% $states.input.Cause %}',
    },
  },
};
