// `npm run <command>`: sets up what the command needs, then runs it on Node 24. Plain JavaScript for Node 20 and newer.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { proxyEnvironment } from './host-proxy.mjs';
import { Missing, node24, root, say, setUp } from './setup.mjs';

const everything = ['packages', 'python', 'jail'];

/** command → what it needs and what runs it, with arguments before the user's. `help`: of those that read no `--help` themselves. */
const commands = {
  demo: {
    needs: everything,
    run: ['bin/demo.ts'],
    help: 'One recorded job from end to end on a stack of its own; then nothing is left running. It takes no options.',
  },
  start: {
    needs: everything,
    run: ['bin/start.ts'],
    help: `The local stack, until Ctrl-C; its state survives. It takes no options, but reads from the terminal's environment:

  MODEL=provider/name   the model of jobs that name none; its provider's key beside it (docs/own-model.md)
  PATCHBAY_STACK=FOLDER where its state is; .patchbay/stacks/main unless set
  HTTPS_PROXY, …        the way out of this network (docs/laptop.md)

Example
  ANTHROPIC_API_KEY=… MODEL=anthropic/claude-sonnet-5-5 npm start`,
  },
  solve: { needs: ['packages'], run: ['bin/solve.ts'] },
  token: { needs: ['packages'], run: ['bin/ask.ts', 'token'] },
  status: { needs: ['packages'], run: ['bin/ask.ts', 'status'] },
  bill: { needs: ['packages'], run: ['bin/ask.ts', 'bill'] },
  models: { needs: ['packages'], run: ['bin/ask.ts', 'models'] },
  test: { needs: everything, run: ['bin/test.ts'], help: 'Every check and test, and one line that adds them up.' },
  'test:all': { needs: everything, run: ['bin/test.ts', '--all'], help: 'The long journeys alone.' },
  'test:faults': {
    needs: everything,
    run: ['bin/test.ts', '--faults'],
    help: 'Kills, provider faults, odd repositories, languages: half an hour.',
  },
  conformance: {
    needs: ['packages', 'ministack'],
    run: ['test/conformance/main.ts'],
    help: 'Runs the interpreter’s cases on MiniStack and compares; docs/conformance.md explains what differs.',
  },
  check: {
    needs: everything,
    run: ['bin/test.ts', '--check'],
    help: 'The checks and tests that start no whole stack.',
  },
  bench: {
    needs: everything,
    run: ['test/bench/main.ts'],
    help: 'Measures on a quiet machine and writes docs/benchmarks.md: npm run bench -- [--only demo,cost] [--runs 5]',
  },
  synth: {
    needs: ['packages'],
    run: ['bin/synth.ts'],
    help: 'Writes the CloudFormation template and says where, unless these sources have one already.',
  },
  cdk: { needs: ['packages'], run: ['node_modules/aws-cdk/bin/cdk'] },
  asl: { needs: ['packages'], run: ['local/states/main.ts'] },
  e2b: { needs: everything, run: ['local/e2b/main.ts'] },
  'template:build': {
    needs: ['packages'],
    run: ['bin/build-template.ts'],
    help: 'Builds the sandbox image at e2b, with E2B_API_KEY: npm run template:build -- [--base IMAGE] [--name patchbay]',
  },
  'api:docs': { needs: ['packages'], run: ['bin/api-docs.ts'], help: 'Writes docs/api from the contract.' },
};

const [name, ...args] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  say(`no command "${name ?? ''}"; there are: ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}
if (command.help && args.includes('--help')) {
  process.stdout.write(`${command.help}\n`);
  process.exit(0);
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
