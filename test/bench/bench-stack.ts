import { rmSync } from 'node:fs';
import type { StackOptions } from '#local/stack';
import type { StackMethod } from '#local/stack-methods';
import { ApiClient } from '../../bin/client/api-client.ts';
import { laptopOptions } from '../../bin/laptop.ts';
import { StackClient } from '../../bin/stack-client.ts';
import { synth } from '../../bin/synth.ts';
import { aRepository, testCommand } from '../support/a-repository.ts';
import { type Alteration, alteredAssembly } from '../support/altered-assembly.ts';
import { type ScriptedModel, startScriptedModel, type Turn } from '../support/scripted-model.ts';
import { type SessionEvents, sessionEvents } from './session-events.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The local stack as a process of its own, at production speed, on a state of its own, with a scripted model. */
export interface BenchStack {
  model: ScriptedModel;
  ask<T>(method: StackMethod, params?: unknown): Promise<T>;
  /** A user in a session of their own, with an issue: the n-th is in the n-th tenant. */
  chat(user: number): Promise<Chat>;
  stop(): Promise<void>;
}

export interface Chat {
  api: ApiClient;
  sessionId: string;
  events: SessionEvents;
  /** Another issue of the session, against the same repository. */
  file(): Promise<string>;
  /** Starts a job on an issue with a model of these turns. */
  solve(
    issueId: string,
    turns: Turn[],
  ): Promise<{ jobId: string; modelName: string; askedAt: number; repliedAt: number }>;
}

/** Users, each alone in a tenant. */
const users = Array.from({ length: 12 }, (_, n) => ({
  sub: `user-${n}`,
  email: `user-${n}@bench.invalid`,
  tenant: `tenant-${n}`,
}));

const open = new Set<() => Promise<void>>();

/** For an end before the time. */
export async function stopBenchStacks(): Promise<void> {
  for (const stop of open) await stop();
}

export async function startBenchStack(
  options: { alter?: Alteration[]; binds?: StackOptions['sandboxBinds'] } = {},
): Promise<BenchStack> {
  const cdkOut = synth();
  const altered = options.alter && alteredAssembly(cdkOut, options.alter);
  const model = await startScriptedModel();
  const state = temporaryFolder('bench');
  const providers = [
    { name: 'scripted', kind: 'openai-compatible', base_url: model.baseUrl, key: 'scripted', models: [] },
  ];
  const laptop = laptopOptions(altered?.folder ?? cdkOut, 'bench');
  const startOptions: StackOptions = {
    ...laptop,
    stateDir: state.path,
    users,
    sandboxBinds: options.binds ?? laptop.sandboxBinds,
    sandboxTargets: [model.host],
    parameters: { DefaultModel: 'scripted/none', ModelProviders: JSON.stringify({ only: providers }) },
    secrets: { ModelKeys: JSON.stringify({ scripted: 'sk-scripted' }) },
  };
  const log: string[] = [];
  const stack = new StackClient({ log: (line) => log.push(line) });
  const chats: Chat[] = [];
  const stop = async () => {
    for (const { events } of chats) await events.close();
    await stack.stop();
    await model.stop();
    altered?.remove();
    state.remove();
    open.delete(stop);
  };
  open.add(stop);
  try {
    const at = await stack.ask<{ apiUrl: string; socketUrl: string }>('start', startOptions);
    return {
      model,
      ask: (method, params) => stack.ask(method, params),
      async chat(user) {
        const chat = await openChat({ stack, model, ...at, sub: `user-${user}` });
        chats.push(chat);
        return chat;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`The stack did not start:\n${log.slice(-20).join('\n')}`, { cause: error });
  }
}

let scripts = 0;

async function openChat(parts: {
  stack: StackClient;
  model: ScriptedModel;
  apiUrl: string;
  socketUrl: string;
  sub: string;
}): Promise<Chat> {
  const { stack, model, sub } = parts;
  const api = new ApiClient({ baseUrl: parts.apiUrl, token: await stack.ask<string>('token', { sub }) });
  const folder = aRepository();
  const url = await stack.ask<string>('importRepository', { name: sub, path: folder });
  rmSync(folder, { recursive: true });
  const { id: sessionId } = await api.call('createSession', { body: { title: 'Bench' } });
  return {
    api,
    sessionId,
    events: await sessionEvents(api, parts.socketUrl, sessionId),
    async file() {
      const body = { title: 'greet is misspelled', body: 'It says Helo.', repository: { url } };
      return (await api.call('createIssue', { params: { id: sessionId }, body })).id;
    },
    async solve(issueId, turns) {
      const modelName = `script-${++scripts}`;
      model.script(modelName, turns);
      const body = { attempts: 1, models: [`scripted/${modelName}`], test_command: testCommand };
      const askedAt = Date.now();
      const { job } = await api.call('solve', { params: { id: sessionId, issue_id: issueId }, body });
      return { jobId: job.id, modelName, askedAt, repliedAt: Date.now() };
    },
  };
}
