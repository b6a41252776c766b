import type { JobEvent } from '#core/job/milestone';
import { goodTurns } from '../../support/scripted-turns.ts';
import { type BenchStack, type Chat, startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { jobStatus } from '../session-events.ts';

/** Steps on the way to the first model call, in order, by the event whose `at` says when. */
const steps: Array<[string, (event: JobEvent) => boolean]> = [
  ['running (permits held)', (event) => jobStatus(event) === 'running'],
  ['sandbox created', ({ type, data }) => type === 'attempt_status' && data.status === 'running'],
  ...(['sandbox_ready', 'repo_cloned', 'deps_installed', 'baseline_tested', 'plan_started'] as const).map(
    (wanted): [string, (event: JobEvent) => boolean] => [wanted, ({ type }) => type === wanted],
  ),
];

export const firstCall: Measurement = {
  name: 'first-call',
  title: 'From POST /solve to the agent’s first model call',
  method:
    'Two jobs one after another on a new stack: the first finds no function started, the second finds them warm. Each step is the time since the step above it, by the `at` of the job’s events; the last is when the call reaches the model’s server. The repository has two files, no dependency to install, and tests that take a tenth of a second.',
  async run(say) {
    const stack = await startBenchStack();
    try {
      const chat = await stack.chat(0);
      const readings: Reading[] = [];
      for (const functions of ['cold', 'warm']) {
        say(`a job with ${functions} functions`);
        readings.push(...(await wayOf(stack, chat)).map((one) => ({ ...one, label: `${functions}: ${one.label}` })));
      }
      return readings;
    } finally {
      await stack.stop();
    }
  },
};

async function wayOf({ model }: BenchStack, chat: Chat): Promise<Reading[]> {
  const issueId = await chat.file();
  const { jobId, modelName, askedAt, repliedAt } = await chat.solve(issueId, goodTurns);
  await chat.events.until(jobId, (event) => jobStatus(event) === 'awaiting_review');
  const events = chat.events.of(jobId).map(({ event }) => event);
  const times: Array<[string, number]> = [
    ['accepted (answered)', repliedAt],
    ...steps.map(([label, isIt]): [string, number] => [label, timeOf(events.find(isIt), label)]),
    ['first model call', model.times(modelName)[0] ?? timeOf(undefined, 'first model call')],
  ];
  const total = (times.at(-1)?.[1] ?? 0) - askedAt;
  return [
    ...times.map(([label, at], index) => ({
      label,
      unit: 'ms' as const,
      value: at - (times[index - 1]?.[1] ?? askedAt),
    })),
    { label: '**in all**', unit: 'ms', value: total },
  ];
}

function timeOf(event: JobEvent | undefined, label: string): number {
  if (event === undefined) throw new Error(`there was no ${label}`);
  return Date.parse(event.at);
}
