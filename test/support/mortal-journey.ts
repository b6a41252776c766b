import { rmSync } from 'node:fs';
import { ApiClient } from '../../bin/client/api-client.ts';
import { synth } from '../../bin/synth.ts';
import { type JobDriver, jobDriver } from './job-driver.ts';
import { type JourneyOptions, journeyOptions } from './journey.ts';
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts';
import { type StackProcess, startStackProcess } from './stack-process.ts';

/** A journey whose stack is a process that can die; the models live on, as they would in the world outside. */
export interface MortalJourney extends JobDriver {
  api: ApiClient;
  model: ScriptedModel;
  stateDir: string;
  /** Of the life that it is in. */
  stack(): StackProcess;
  kill(): Promise<void>;
  /** Starts it again on the same state. Returns how many milliseconds it took to be up. */
  restart(): Promise<number>;
  /** Sandboxes alive, and leases held by the user, the tenant, the installation. */
  held(): Promise<number>;
  stop(): Promise<void>;
}

export async function startMortalJourney(options: JourneyOptions = {}): Promise<MortalJourney> {
  const model = await startScriptedModel();
  const stackOptions = journeyOptions(synth(), model, options);
  let stack = await startStackProcess(stackOptions);
  // One token for all lives: the issuer's key is on disk, and its address stays the same.
  const api = new ApiClient({ baseUrl: stack.apiUrl, token: await stack.ask<string>('token', { sub: 'you' }) });
  const importRepository = (name: string, path: string) => stack.ask<string>('importRepository', { name, path });
  return {
    api,
    model,
    stateDir: stackOptions.stateDir,
    stack: () => stack,
    ...jobDriver({ api, model, importRepository }),
    kill: () => stack.kill(),
    async restart() {
      const began = Date.now();
      const before = stack.apiUrl;
      stack = await startStackProcess(stackOptions);
      if (stack.apiUrl !== before) throw new Error(`the API moved from ${before} to ${stack.apiUrl}`);
      return Date.now() - began;
    },
    async held() {
      const [{ slots }, sandboxes] = await Promise.all([api.call('getStatus', {}), stack.ask<unknown[]>('sandboxes')]);
      return slots.reduce((sum, { used }) => sum + used, sandboxes.length);
    },
    async stop() {
      await stack.stop();
      await model.stop();
      rmSync(stackOptions.stateDir, { recursive: true, force: true });
    },
  };
}
