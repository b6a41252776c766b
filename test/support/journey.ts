import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, type StackOptions, startStack } from '#local/stack';
import { ApiClient } from '../../bin/client/api-client.ts';
import { laptopOptions, users } from '../../bin/laptop.ts';
import { synth } from '../../bin/synth.ts';
import { type Alteration, alteredAssembly } from './altered-assembly.ts';
import { type JobDriver, jobDriver } from './job-driver.ts';
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts';

export interface Journey extends JobDriver {
  stack: Stack;
  model: ScriptedModel;
  stateDir: string;
  /** Speaks for the user `you` of tenant `laptop`. */
  api: ApiClient;
  /** Speaks for a user of another tenant. */
  stranger: ApiClient;
  /** Sandboxes alive, and leases held by the user, the tenant, the installation. */
  held(): Promise<number>;
  stop(): Promise<void>;
}

export interface JourneyOptions {
  /** Times run so many times as fast; 5 unless set. */
  timeScale?: number;
  maxSandboxes?: number;
  /** Changes to a copy of the synthesized template. */
  alter?: Alteration[];
  log?: (line: string) => void;
}

/** The options of a stack whose models are those of `model`. */
export function journeyOptions(cdkOut: string, model: ScriptedModel, options: JourneyOptions): StackOptions {
  const providers = [
    { name: 'replay', kind: 'replay' },
    { name: 'scripted', kind: 'openai-compatible', base_url: model.baseUrl, key: 'scripted', models: [] },
  ];
  return {
    ...laptopOptions(cdkOut, 'journey'),
    stateDir: mkdtempSync(join(tmpdir(), 'patchbay-journey-')),
    parameters: { DefaultModel: 'replay/sample', ModelProviders: JSON.stringify({ only: providers }) },
    secrets: { ModelKeys: JSON.stringify({ scripted: 'sk-of-the-scripted-model' }) },
    timeScale: options.timeScale ?? 5,
    ...(options.maxSandboxes === undefined ? {} : { maxSandboxes: options.maxSandboxes }),
    ...(options.log === undefined ? {} : { log: options.log }),
  };
}

/** The synthesized application on a stack of its own, in this process, with a scripted model. */
export async function startJourney(options: JourneyOptions = {}): Promise<Journey> {
  const model = await startScriptedModel();
  const altered = options.alter && alteredAssembly(synth(), options.alter);
  const stackOptions = journeyOptions(altered?.folder ?? synth(), model, options);
  const { stateDir } = stackOptions;
  const stack = await startStack(stackOptions);
  const client = async (sub: string | undefined) =>
    new ApiClient({ baseUrl: stack.apiUrl, token: await stack.issuer.token(sub ?? '', { expiresInSeconds: 3_600 }) });
  const [you, guest] = users;
  const api = await client(you?.sub);
  return {
    stack,
    model,
    stateDir,
    api,
    stranger: await client(guest?.sub),
    ...jobDriver({ api, model, importRepository: (name, path) => stack.gitHost.importRepository(name, path) }),
    async held() {
      const { slots } = await api.call('getStatus', {});
      return slots.reduce((sum, { used }) => sum + used, stack.e2b.sandboxes().length);
    },
    async stop() {
      await stack.stop();
      await model.stop();
      altered?.remove();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
