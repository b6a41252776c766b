// `npm start`: the local stack stays up until Ctrl-C; its state survives a restart.
import type { CheckRequest } from './check-models.ts';
import { askControl, serveControl, stackFolder, type Whereabouts } from './control-socket.ts';
import { laptopOptions } from './laptop.ts';
import { modelSettings } from './model-settings.ts';
import { StackClient } from './stack-client.ts';
import { synth } from './synth.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function start(): Promise<void> {
  const running = await askControl<Whereabouts>('where');
  if (running) throw new Error(`a stack is running already (process ${running.pid}): API ${running.apiUrl}`);
  const models = modelSettings(process.env);
  const { parameters, secrets, summary } = models;
  const cdkOut = synth(say);
  const stack = new StackClient({ log: (line) => process.stderr.write(`${line}\n`) });
  let ending = false;
  const end = () => {
    // npm and the terminal both send it: once is enough, and the second must not cut the first short.
    if (ending) return;
    ending = true;
    say('ending the stack …');
    void stack.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

  const began = Date.now();
  const options = laptopOptions(cdkOut, 'main', { stateDir: stackFolder(), parameters, secrets });
  const where = stack.ask<Omit<Whereabouts, 'pid'>>('start', options).then((at) => ({ ...at, pid: process.pid }));
  // The keys stay in this process: who wants to know whether they work has it asked here.
  const answering = {
    ask: async (method: string, params: unknown) => {
      if (method !== 'checkModels') return stack.ask(method, params);
      const { checkModels } = await import('./check-models.ts');
      return checkModels(models, params as CheckRequest);
    },
  };
  const control = await serveControl(answering, where);
  try {
    introduce(await where, summary, Date.now() - began);
    await stack.ended;
  } catch (error) {
    if (!ending) throw error;
    await stack.ended;
  } finally {
    control.stop();
    await stack.stop();
  }
  if (!ending) throw new Error('the stack has ended by itself; the lines above and its logs say why');
  say('the stack has ended; `npm start` goes on from its state');
}

function introduce({ apiUrl, socketUrl, jailed }: Whereabouts, models: string, ms: number): void {
  say(`ready in ${(ms / 1000).toFixed(1)} s`);
  say(`  API      ${apiUrl}`);
  say(`  socket   ${socketUrl}`);
  say(`  models   ${models}  (npm run models -- check)`);
  say(`  state    ${stackFolder()}  (logs/ has a file per function)`);
  say('  token    npm run --silent token');
  if (!jailed) say('WARNING: no bubblewrap here: sandboxes are plain processes of this machine, without isolation.');
  say('Solve something: npm run solve -- --repo <path> --issue "<what is wrong>"   (Ctrl-C ends the stack)');
}

start().catch((error: unknown) => {
  process.stderr.write(`patchbay: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
