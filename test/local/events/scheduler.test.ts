import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseScheduleExpression } from '#local/events/schedule-expression';
import { startScheduler } from '#local/events/scheduler';
import { createIam } from '#local/iam/iam';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';
import { fakeLambdas } from '#test/support/fake-lambdas';

const sweep = arnOf('AWS::Lambda::Function', 'Sweep');
const roleArn = arnOf('AWS::IAM::Role', 'Schedules');

function start(
  schedule: object,
  { type = 'AWS::Scheduler::Schedule', grants = [allow('lambda:InvokeFunction', sweep)] } = {},
) {
  const assembly = anAssembly({
    Sweep: { type: 'AWS::Lambda::Function' },
    Schedule: { type, properties: schedule },
    Permission: {
      type: 'AWS::Lambda::Permission',
      properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: sweep,
        Principal: 'events.amazonaws.com',
        SourceArn: arnOf('AWS::Events::Rule', 'Schedule'),
      },
    },
    ...aRole('Schedules', grants),
  });
  const lambdas = fakeLambdas(() => null);
  const logged: string[] = [];
  const log = (line: string) => logged.push(line);
  const scheduler = startScheduler({ assembly, lambdas, iam: createIam(assembly), timeScale: 10, log });
  return { lambdas, logged, scheduler };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-23T12:04:30Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the scheduler', () => {
  const target = { Arn: sweep, RoleArn: roleArn, Input: '{"sweep": true}' };

  it('fires a rate in scaled time, with its input, until it is stopped', async () => {
    const { lambdas, scheduler } = start({ ScheduleExpression: 'rate(1 minute)', Target: target });

    await vi.advanceTimersByTimeAsync(18_000);
    scheduler.stop();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(lambdas.invocations).toEqual(Array(3).fill({ functionArn: sweep, event: { sweep: true } }));
  });

  it('fires a cron by the clock', async () => {
    const { lambdas, scheduler } = start({ ScheduleExpression: 'cron(0/5 12 ? * MON-FRI *)', Target: target });

    await vi.advanceTimersByTimeAsync(10 * 60_000);
    scheduler.stop();

    expect(lambdas.invocations).toHaveLength(2);
  });

  it('runs rules with a schedule, as the events service', async () => {
    const properties = { ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'a', Arn: sweep }] };
    const { lambdas, scheduler } = start(properties, { type: 'AWS::Events::Rule', grants: [] });

    await vi.advanceTimersByTimeAsync(6_000);
    scheduler.stop();

    expect(lambdas.invocations).toEqual([
      {
        functionArn: sweep,
        event: expect.objectContaining({
          source: 'aws.events',
          'detail-type': 'Scheduled Event',
          resources: [arnOf('AWS::Events::Rule', 'Schedule')],
          time: '2026-11-23T12:04:36Z',
        }),
      },
    ]);
  });

  it('does not fire what is disabled, nor for a role that may not', async () => {
    const off = start({ ScheduleExpression: 'rate(1 minute)', State: 'DISABLED', Target: target });
    const denied = start({ ScheduleExpression: 'rate(1 minute)', Target: target }, { grants: [] });

    await vi.advanceTimersByTimeAsync(6_000);
    off.scheduler.stop();
    denied.scheduler.stop();

    expect(off.lambdas.invocations).toEqual([]);
    expect(denied.lambdas.invocations).toEqual([]);
    expect(denied.logged.join()).toContain('is not authorized to perform: lambda:InvokeFunction');
  });
});

describe('schedule expressions', () => {
  const at = (time: string) => new Date(`${time}:00Z`);

  it.each([
    ['cron(0 8 1 * ? *)', '2026-11-01T08:00', true],
    ['cron(0 8 1 * ? *)', '2026-11-02T08:00', false],
    ['cron(15,45 * * * ? *)', '2026-11-02T03:45', true],
    ['cron(0 9-17 ? * 2-6 2026)', '2026-11-23T17:00', true],
    ['cron(0 9-17 ? * 2-6 2026)', '2026-11-22T17:00', false],
    ['cron(0 0/6 ? JAN,NOV * *)', '2026-11-22T18:00', true],
  ])('%s at %s: %s', (expression, time, expected) => {
    const due = parseScheduleExpression(expression);

    expect('matches' in due && due.matches(at(time))).toBe(expected);
  });

  it.each(['at(2026-01-01T00:00:00)', 'rate(1 week)', 'cron(0 8 L * ? *)', 'cron(61 * * * ? *)', 'cron(* * *)'])(
    '%s is refused',
    (expression) => {
      expect(() => parseScheduleExpression(expression)).toThrow('is not run here');
    },
  );
});
