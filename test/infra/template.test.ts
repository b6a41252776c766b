import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '#core/api/routes';
import { environments } from '#core/env';
import * as errors from '#core/errors';
import { heartbeatSeconds, ladder, machineSeconds, rowDeadline, throttled, wall } from '#core/workflow/limits';
import { caughtErrors } from '#core/workflow/steps';
import { readConfig } from '#lib/config';
import { serviceFunctions } from '#lib/functions';
import { PatchbayStack } from '#lib/patchbay-stack';
import { lintDefinition } from '#local/states/lint';
import { synthesizedMachine } from '../support/synthesized-machine.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Loose = Record<string, any>;
type Resource = { Type: string; Properties: Loose };

let template: Template;
let resources: Array<[string, Resource]>;
const ofType = (type: string) => resources.filter(([, resource]) => resource.Type === type);

beforeAll(() => {
  const app = new App({ context: { bundle: 'false' } });
  template = Template.fromStack(new PatchbayStack(app, 'Test', { config: readConfig({}) }));
  resources = Object.entries(template.toJSON().Resources as Record<string, Resource>);
});

const definition = (): Loose => synthesizedMachine(template);

function states(of = definition()): Array<[string, Loose]> {
  return Object.entries(of.States as Record<string, Loose>).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? states(state.ItemProcessor) : []),
  ]);
}

describe('the template', () => {
  it('installs anywhere: no fixed names, no VPC, no reserved concurrency', () => {
    const named = resources.filter(
      ([, { Type, Properties = {} }]) =>
        ['TableName', 'QueueName', 'BucketName', 'FunctionName', 'RoleName', 'StateMachineName', 'LogGroupName'].some(
          (key) => Properties[key] !== undefined,
        ) &&
        !Type.includes('EventSource') &&
        !Type.includes('Permission'),
    );

    expect(named.map(([id]) => id)).toEqual([]);
    expect(
      ofType('AWS::Lambda::Function').filter(
        ([, { Properties }]) => Properties.VpcConfig || Properties.ReservedConcurrentExecutions,
      ),
    ).toEqual([]);
    expect(resources.length).toBeLessThan(300);
  });

  it('keeps what customers own when the stack goes', () => {
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: { Replicas: [{ DeletionProtectionEnabled: true }] },
    });
  });

  it('has a route for every row of the route table, people’s behind the JWT authorizer', () => {
    const http = ofType('AWS::ApiGatewayV2::Route').map(
      ([, { Properties }]) => [Properties.RouteKey, Properties.AuthorizationType] as const,
    );

    for (const route of Object.values(routes))
      expect(http).toContainEqual([`${route.method} ${route.path}`, route.auth === 'jwt' ? 'JWT' : 'NONE']);
  });

  it('gives every function its whole environment, and each says what is lost without it', () => {
    for (const [name, row] of Object.entries(serviceFunctions)) {
      const [, fn] = ofType('AWS::Lambda::Function').find(([id]) => id.startsWith(`Functions${name}Function`))!;
      expect(Object.keys(fn.Properties.Environment.Variables).toSorted()).toEqual(
        Object.keys(environments[row.reads].shape).toSorted(),
      );
      expect(fn.Properties.Description).toContain(row.errorImpact);
      expect(fn.Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
  });

  it('lets nobody but the socket and push functions near connections, and nobody delete artifacts', () => {
    const statements = ofType('AWS::IAM::Policy').flatMap(([id, { Properties }]) =>
      (Properties.PolicyDocument.Statement as Array<{ Action: string | string[] }>).map(({ Action }) => ({
        id,
        actions: [Action].flat(),
      })),
    );

    expect(
      statements.filter(({ actions }) =>
        actions.some((action) => action.startsWith('s3:Delete') || action === '*' || /^\w+:\*$/.test(action)),
      ),
    ).toEqual([]);
    expect(
      statements.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue')).length,
    ).toBeGreaterThan(5);
  });
});

describe('the state machine', () => {
  it('passes the linter of the interpreter', () => {
    expect(lintDefinition(definition())).toEqual([]);
  });

  it('catches everything in every task', () => {
    const tasks = states().filter(([, state]) => state.Type === 'Task');

    expect(tasks.length).toBeGreaterThan(10);
    for (const [name, state] of tasks) {
      if (name !== 'Cleanup') expect(state.Catch?.at(-1)?.ErrorEquals, name).toEqual(['States.ALL']);
      if (state.Resource.endsWith('.waitForTaskToken'))
        expect(state, name).toMatchObject({ HeartbeatSeconds: heartbeatSeconds, TimeoutSeconds: '{% $run_timeout %}' });
    }
  });

  it('repeats every task that Lambda throttled, and one that waits for a token after nothing else', () => {
    const { first, most, times } = throttled;
    const again = {
      ErrorEquals: ['Lambda.TooManyRequestsException'],
      IntervalSeconds: first,
      BackoffRate: 2,
      MaxAttempts: times,
      MaxDelaySeconds: most,
      JitterStrategy: 'FULL',
    };

    for (const [name, state] of states().filter(([, { Type }]) => Type === 'Task')) {
      expect(state.Retry, name).toContainEqual(again);
      const errorsOf = (state.Retry as Loose[]).map(({ ErrorEquals }) => String(ErrorEquals));
      const waits = state.Resource.endsWith('.waitForTaskToken');
      if (waits) expect(errorsOf, name).toEqual(again.ErrorEquals);
      else expect(errorsOf.indexOf('States.TaskFailed'), name).toBe(errorsOf.length - 1);
    }
  });

  it('knows only errors that exist', () => {
    const names = new Set(
      states().flatMap(([, state]) =>
        (state.Retry ?? []).flatMap(({ ErrorEquals }: { ErrorEquals: string[] }) => ErrorEquals),
      ),
    );
    const ours = [...names].filter((name) => !/^(States|Lambda)\./.test(name));

    expect(ours.toSorted()).toEqual([...caughtErrors, 'LostRace'].toSorted());
    for (const name of ours) expect(errors, name).toHaveProperty(name);
  });

  it('outlives the longest job, whose rungs are in order', () => {
    expect(definition().TimeoutSeconds).toBe(machineSeconds);
    expect(rowDeadline(wall.max)).toBeLessThan(machineSeconds);
    const rungs = Object.values(ladder(wall.max));
    expect(rungs).toEqual(rungs.toSorted((a, b) => a - b));
  });
});
