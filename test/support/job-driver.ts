import { rmSync } from 'node:fs';
import type * as z from 'zod';
import type { JobView, SolveBody } from '#core/api/views';
import { hasJobEnded, type JobStatus } from '#core/job/lifecycle';
import type { JobEvent } from '#core/job/milestone';
import { type ApiClient, ApiError } from '../../bin/client/api-client.ts';
import { aRepository, type RepositoryFiles, testCommand } from './a-repository.ts';
import type { ScriptedModel, Turn } from './scripted-model.ts';

export interface Started {
  job: JobView;
  sessionId: string;
  issueId: string;
}

export interface SolveWith {
  body?: Partial<z.input<typeof SolveBody>>;
  files?: RepositoryFiles;
  /** Changes the repository before it is served; git is at hand there. */
  prepare?: (folder: string) => void;
}

/** What a person does with a running installation, for tests: files issues, solves them, and looks. */
export interface JobDriver {
  /** Opens a session and files an issue against a new repository. */
  file(repository?: Pick<SolveWith, 'files' | 'prepare'>): Promise<{ sessionId: string; issueId: string }>;
  /** Scripts a model for each list of turns; returns their names as a request wants them. */
  models(turns: Turn[] | Turn[][]): string[];
  /** `file`, then solves it with a model that says these turns. */
  solve(turns: Turn[] | Turn[][], options?: SolveWith): Promise<Started>;
  /** The job, once `wanted` says so. @throws with the job's log when it ended otherwise or took too long */
  until(jobId: string, wanted: (job: JobView, events: JobEvent[]) => boolean, seconds?: number): Promise<JobView>;
  events(jobId: string): Promise<JobEvent[]>;
  /** Text of a stored file, by the end of its name. */
  artifact(job: JobView, file: string): Promise<string | undefined>;
}

const pollMs = 100;

export function jobDriver(parts: {
  api: ApiClient;
  model: ScriptedModel;
  importRepository(name: string, path: string): Promise<string>;
}): JobDriver {
  const { api, model } = parts;
  let scripts = 0;
  let repositories = 0;

  async function events(jobId: string): Promise<JobEvent[]> {
    const all: JobEvent[] = [];
    for (;;) {
      const query = { after: all.at(-1)?.seq ?? 0, limit: 500 };
      const { events: page } = await api.call('listEvents', { params: { job_id: jobId }, query });
      if (page.length === 0) return all;
      all.push(...page);
    }
  }

  function models(turns: Turn[] | Turn[][]): string[] {
    return (Array.isArray(turns[0]) ? (turns as Turn[][]) : [turns as Turn[]]).map((script) => {
      const name = `script-${++scripts}`;
      model.script(name, script);
      return `scripted/${name}`;
    });
  }

  async function file({ files, prepare }: Pick<SolveWith, 'files' | 'prepare'> = {}) {
    const folder = aRepository(files, prepare);
    const url = await parts.importRepository(`repository-${++repositories}`, folder);
    rmSync(folder, { recursive: true });
    const session = await api.call('createSession', { body: { title: 'Journey' } });
    const issue = await api.call('createIssue', {
      params: { id: session.id },
      body: { title: 'greet is misspelled', body: 'It says Helo.', repository: { url } },
    });
    return { sessionId: session.id, issueId: issue.id };
  }

  return {
    events,
    models,
    file,
    async solve(turns, { body = {}, ...repository } = {}) {
      const names = models(turns);
      const { sessionId, issueId } = await file(repository);
      const { job } = await api.call('solve', {
        params: { id: sessionId, issue_id: issueId },
        body: { attempts: names.length, models: names, test_command: testCommand, ...body },
      });
      return { job, sessionId, issueId };
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
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async artifact(job, name) {
      const found = job.artifacts.find((artifact) => artifact.name.endsWith(`/${name}`));
      if (found === undefined) return undefined;
      return Buffer.from(await api.call('getArtifact', { params: { job_id: job.id, name: found.name } })).toString(
        'utf8',
      );
    },
  };
}

/** The error that a call was answered with. @throws Error when it was a success */
export async function refusal(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}
