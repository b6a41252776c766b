import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateDir } from '../../../bin/laptop.ts';
import { aRepository } from '../../support/a-repository.ts';
import type { Turn } from '../../support/scripted-model.ts';
import { fixTurn, planTurn, submitTurn } from '../../support/scripted-turns.ts';
import { type BenchStack, type Chat, startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { runCommand } from '../run-command.ts';
import { jobStatus } from '../session-events.ts';
import { slowly } from '../slow-turns.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const atOnce = [1, 4, 10];
const turnDelays = [0, 1_000];
const looks = ['ls -la', 'cat greet.py', 'cat test_greet.py', 'git log --oneline', 'grep -rn Helo . --include=*.py'];
const turns: Turn[] = [
  planTurn,
  ...looks.map((command) => ({ command })),
  fixTurn,
  { command: 'git diff' },
  submitTurn,
];

export const parallelJobs: Measurement = {
  name: 'parallel',
  title: 'Jobs at once, against the bare agent',
  method: `So many jobs started at once, until the last one waits for review, on a warm stack; each ${turns.length} turns by a model that answers at once, or after a second. The baseline is mini-swe-agent’s own loop and local environment on a clone, in processes as parallel, with the same turns: it has no isolation, no log, no gateway, no proof. A job does more than the bare agent: two sandboxes, the tests before and after, and a second sandbox that applies the patch and runs the tests again. "Loop" is the part that both do: from a job’s first model call to its last, in the mean of the jobs.`,
  async run(say) {
    const stack = await startBenchStack();
    try {
      const chats = [];
      for (let user = 0; user < Math.max(...atOnce); user += 1) chats.push(await stack.chat(user));
      await solveAll(stack, chats.slice(0, 2), turns);
      const readings: Reading[] = [];
      for (const delay of turnDelays)
        for (const jobs of atOnce) {
          say(`${jobs} at once, turns after ${delay} ms`);
          const script = slowly(turns, delay);
          const bare = await bareAgents(stack, jobs, script);
          const ours = await solveAll(stack, chats.slice(0, jobs), script);
          readings.push(...compared(`${jobs} at once, turns after ${delay / 1_000} s`, ours, bare));
        }
      return readings;
    } finally {
      await stack.stop();
    }
  },
};

interface Took {
  wallMs: number;
  /** From first to last model call, in the mean. */
  loopMs: number;
}

function compared(label: string, ours: Took, bare: Took): Reading[] {
  const reading = (name: string, of: keyof Took): Reading => ({
    label: `${label}: ${name}`,
    unit: 's',
    value: ours[of] / 1_000,
    baseline: { label: 'bare', value: bare[of] / 1_000 },
  });
  return [reading('wall', 'wallMs'), reading('loop', 'loopMs')];
}

async function solveAll({ model }: BenchStack, chats: Chat[], script: Turn[]): Promise<Took> {
  const issues = await Promise.all(chats.map((chat) => chat.file()));
  const began = performance.now();
  const loops = await Promise.all(
    chats.map(async (chat, index) => {
      const { jobId, modelName } = await chat.solve(issues[index] ?? '', script);
      await chat.events.until(jobId, (event) => jobStatus(event) === 'awaiting_review', 400);
      return loopMs(model.times(modelName));
    }),
  );
  return { wallMs: performance.now() - began, loopMs: mean(loops) };
}

let scripts = 0;

async function bareAgents({ model }: BenchStack, count: number, script: Turn[]): Promise<Took> {
  const repository = aRepository();
  const { path: folder, remove } = temporaryFolder('bare');
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    MSWEA_SILENT_STARTUP: '1',
    MSWEA_GLOBAL_CONFIG_DIR: join(stateDir, 'mini'),
  };
  try {
    const began = performance.now();
    const loops = await Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const name = `bare-${++scripts}`;
        model.script(name, script);
        const args = [
          join(root, 'test/bench/bare_agent.py'),
          repository,
          join(folder, `clone-${n}`),
          model.baseUrl,
          name,
        ];
        const { output } = await runCommand(join(stateDir, 'venv/bin/python3'), args, { env });
        const { diff } = JSON.parse(output.split('\n').at(-1) ?? '') as { diff: string };
        if (!diff.includes('+    return "Hello')) throw new Error(`the bare agent made no diff: ${output}`);
        return loopMs(model.times(name));
      }),
    );
    return { wallMs: performance.now() - began, loopMs: mean(loops) };
  } finally {
    remove();
    rmSync(repository, { recursive: true, force: true });
  }
}

function loopMs(times: readonly number[]): number {
  if (times.length !== turns.length) throw new Error(`${times.length} model calls, not ${turns.length}`);
  return (times.at(-1) ?? 0) - (times[0] ?? 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
