import { LostRace } from '#core/errors';
import type { Executions } from '#core/ports/executions';
import { clone } from './clone.ts';

type Status = NonNullable<Awaited<ReturnType<Executions['status']>>>;

export interface StartedExecution {
  name: string;
  arn: string;
  input: Record<string, unknown>;
  status: Status;
  /** Of the stop. */
  error?: string;
  cause?: string;
}

export interface FakeExecutions extends Executions {
  started: StartedExecution[];
  /** Ends one from inside. */
  end(name: string, status: Exclude<Status, 'RUNNING'>): void;
}

export function fakeExecutions(): FakeExecutions {
  const started: StartedExecution[] = [];
  const arnOf = (name: string) => `arn:aws:states:us-east-1:000000000000:execution:solve:${name}`;
  const find = (arn: string) => started.find((execution) => execution.arn === arn);

  return {
    started,
    end(name, status) {
      const execution = find(arnOf(name));
      if (!execution) throw new Error(`no execution of the name ${name} was started`);
      execution.status = status;
    },
    async start(name, input) {
      const known = find(arnOf(name));
      if (known && (known.status !== 'RUNNING' || canonical(known.input) !== canonical(input))) {
        throw new LostRace(`the execution name ${name} was used before`);
      }
      if (!known) started.push({ name, arn: arnOf(name), input: clone(input), status: 'RUNNING' });
      return { arn: arnOf(name) };
    },
    status: async (arn) => find(arn)?.status,
    arnOf,
    async stop(arn, error, cause) {
      const execution = find(arn);
      if (execution?.status === 'RUNNING') Object.assign(execution, { status: 'ABORTED', error, cause });
    },
  };
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
