// `npm run <command>`: sets up what the command needs, then runs it on Node 24. Plain JavaScript for Node 20 and newer.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { proxyEnvironment } from './host-proxy.mjs';
import { Missing, node24, root, say, setUp } from './setup.mjs';

const everything = ['packages', 'python', 'jail'];

/** command → what it needs and what runs it, with arguments before the user's. */
const commands = {
  demo: { needs: everything, run: ['bin/demo.ts'] },
  start: { needs: everything, run: ['bin/start.ts'] },
  solve: { needs: ['packages'], run: ['bin/solve.ts'] },
  token: { needs: ['packages'], run: ['bin/ask.ts', 'token'] },
  status: { needs: ['packages'], run: ['bin/ask.ts', 'status'] },
  bill: { needs: ['packages'], run: ['bin/ask.ts', 'bill'] },
  models: { needs: ['packages'], run: ['bin/ask.ts', 'models'] },
  test: { needs: everything, run: ['bin/test.ts'] },
  'test:all': { needs: everything, run: ['bin/test.ts', '--all'] },
  'test:faults': { needs: everything, run: ['bin/test.ts', '--faults'] },
  conformance: { needs: ['packages', 'ministack'], run: ['test/conformance/main.ts'] },
  check: { needs: everything, run: ['bin/test.ts', '--check'] },
  bench: { needs: everything, run: ['test/bench/main.ts'] },
  synth: { needs: ['packages'], run: ['bin/synth.ts'] },
  asl: { needs: ['packages'], run: ['local/states/main.ts'] },
  e2b: { needs: everything, run: ['local/e2b/main.ts'] },
  'template:build': { needs: ['packages'], run: ['bin/build-template.ts'] },
  'api:docs': { needs: ['packages'], run: ['bin/api-docs.ts'] },
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  say(`no command "${name ?? ''}"; there are: ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}
try {
  setUp(command.needs);
  await execute(node24(), [...command.run, ...args]);
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  say(error.message);
  process.exit(1);
}

/** Runs it with Node 24 first on the path; its end is ours, and signals reach it. INIT_CWD is the user's folder, as npm has it. */
async function execute(node, [script, ...rest]) {
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  const env = { INIT_CWD: process.cwd(), ...process.env, ...proxyEnvironment(process.env), PATH: path };
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, script), ...rest], {
    cwd: root,
    stdio: 'inherit',
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => child.on('exit', (status, signal) => resolve(signal ? 1 : status)));
  process.exit(code);
}
