import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import type { JobView, SolveBody } from '#core/api/views';
import { hasJobEnded, type JobStatus } from '#core/job/lifecycle';
import type { JobEvent } from '#core/job/milestone';
import { type Stack, startStack } from '#local/stack';
import { ApiClient } from '../../bin/client/api-client.ts';
import { laptopOptions, users } from '../../bin/laptop.ts';
import { synth } from '../../bin/synth.ts';
import { aRepository } from './a-repository.ts';
import { type ScriptedModel, startScriptedModel, type Turn } from './scripted-model.ts';

export interface Journey {
  stack: Stack;
  model: ScriptedModel;
  /** Speaks for the user `you` of tenant `laptop`. */
  api: ApiClient;
  /** Speaks for a user of another tenant. */
  stranger: ApiClient;
  /** Opens a session, files an issue against a new repository and solves it with a model that says these turns. */
  solve(
    turns: Turn[] | Turn[][],
    options?: { body?: Partial<z.input<typeof SolveBody>>; files?: Record<string, string | Buffer> },
  ): Promise<Started>;
  /** The job, once `wanted` says so. @throws with the job's log when it ended otherwise or took too long */
  until(jobId: string, wanted: (job: JobView, events: JobEvent[]) => boolean, seconds?: number): Promise<JobView>;
  events(jobId: string): Promise<JobEvent[]>;
  artifact(job: JobView, file: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

export interface Started {
  job: JobView;
  sessionId: string;
  issueId: string;
}

/** Writes a plan where the runner wants it and submits it: the first turn of every scripted solve. */
export const planTurn: Turn = {
  command: `echo '{"version":1,"summary":"Spell it right","steps":[{"id":1,"title":"Fix greet"}]}' > "$PATCHBAY_PLAN" && echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT`,
};
export const fixTurn: Turn = { command: 'sed -i s/Helo/Hello/ greet.py' };
export const submitTurn: Turn = { command: 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT' };
export const testCommand = 'python3 -m unittest';

/** The synthesized application on a stack of its own, with a scripted model; times run `timeScale` times as fast. */
export async function startJourney(options: { timeScale?: number; maxSandboxes?: number } = {}): Promise<Journey> {
  const stateDir = mkdtempSync(join(tmpdir(), 'patchbay-journey-'));
  const model = await startScriptedModel();
  const providers = [
    { name: 'replay', kind: 'replay' },
    { name: 'scripted', kind: 'openai-compatible', base_url: model.baseUrl, models: [] },
  ];
  const stack = await startStack({
    ...laptopOptions(synth(), 'journey'),
    stateDir,
    parameters: { DefaultModel: 'replay/sample', ModelProviders: JSON.stringify(providers) },
    timeScale: options.timeScale ?? 5,
    ...(options.maxSandboxes === undefined ? {} : { maxSandboxes: options.maxSandboxes }),
  });
  const client = async (sub: string | undefined) =>
    new ApiClient({ baseUrl: stack.apiUrl, token: await stack.issuer.token(sub ?? '', { expiresInSeconds: 3_600 }) });
  const [you, guest] = users;
  const api = await client(you?.sub);
  let scripts = 0;

  const events = async (jobId: string) => {
    const all: JobEvent[] = [];
    for (;;) {
      const { events: page } = await api.call('listEvents', {
        params: { job_id: jobId },
        query: { after: all.at(-1)?.seq ?? 0, limit: 500 },
      });
      if (page.length === 0) return all;
      all.push(...page);
    }
  };
  return {
    stack,
    model,
    api,
    stranger: await client(guest?.sub),
    events,
    async solve(turns, { body = {}, files } = {}) {
      const names = (Array.isArray(turns[0]) ? (turns as Turn[][]) : [turns as Turn[]]).map((script) => {
        const name = `script-${++scripts}`;
        model.script(name, script);
        return `scripted/${name}`;
      });
      const folder = aRepository(files);
      const url = await stack.gitHost.importRepository(`repository-${scripts}`, folder);
      rmSync(folder, { recursive: true });
      const session = await api.call('createSession', { body: { title: 'Journey' } });
      const issue = await api.call('createIssue', {
        params: { id: session.id },
        body: { title: 'greet is misspelled', body: 'It says Helo.', repository: { url } },
      });
      const { job } = await api.call('solve', {
        params: { id: session.id, issue_id: issue.id },
        body: { attempts: names.length, models: names, test_command: testCommand, ...body },
      });
      return { job, sessionId: session.id, issueId: issue.id };
    },
    async until(jobId, wanted, seconds = 90) {
      const deadline = Date.now() + seconds * 1_000;
      for (;;) {
        const job = await api.call('getJob', { params: { job_id: jobId } });
        const log = await events(jobId);
        if (wanted(job, log)) return job;
        if (Date.now() > deadline || hasJobEnded(job.status as JobStatus))
          throw new Error(
            `job is ${job.status} (${JSON.stringify(job.failure)})\n${log.map((event) => JSON.stringify(event)).join('\n')}`,
          );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async artifact(job, file) {
      const found = job.artifacts.find(({ name }) => name.endsWith(`/${file}`));
      return (
        found &&
        Buffer.from(await api.call('getArtifact', { params: { job_id: job.id, name: found.name } })).toString('utf8')
      );
    },
    async stop() {
      await stack.stop();
      await model.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
