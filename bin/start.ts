// `npm start`: the local stack stays up until Ctrl-C; its state survives a restart.
import { join } from 'node:path';
import { askControl, serveControl, type Whereabouts } from './control-socket.ts';
import { laptopOptions, stateDir } from './laptop.ts';
import { modelSettings } from './model-settings.ts';
import { StackClient } from './stack-client.ts';
import { synth } from './synth.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function start(): Promise<void> {
  const running = await askControl<Whereabouts>('where');
  if (running) throw new Error(`a stack is running already (process ${running.pid}): API ${running.apiUrl}`);
  const cdkOut = synth(say);
  const stack = new StackClient({ log: (line) => process.stderr.write(`${line}\n`) });
  const { parameters, secrets, summary } = modelSettings(process.env);
  const began = Date.now();
  const ready = await stack.ask<Omit<Whereabouts, 'pid'>>('start', laptopOptions(cdkOut, 'main', { parameters, secrets }));
  const control = await serveControl(stack, { ...ready, pid: process.pid });
  say(`ready in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  say(`  API      ${ready.apiUrl}`);
  say(`  socket   ${ready.socketUrl}`);
  say(`  models   ${summary}`);
  say(`  state    ${join(stateDir, 'stacks', 'main')}  (logs/ has a file per function)`);
  say('  token    npm run --silent token');
  if (!ready.jailed) say('WARNING: no bubblewrap here: sandboxes are plain processes of this machine, without isolation.');
  say('Solve something: npm run solve -- --repo <path> --issue "<what is wrong>"   (Ctrl-C ends the stack)');
  const end = () => {
    control.stop();
    void stack.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  await stack.ended;
  control.stop();
  say('the stack has ended');
}

start().catch((error: unknown) => {
  process.stderr.write(`patchbay: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
