import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { hostProxy } from '#local/host-proxy';
import { startE2bServer } from './server.ts';

/** The server by itself, for programs that use the e2b SDK and nothing else of Patchbay. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'state-dir': { type: 'string' },
    'time-scale': { type: 'string', default: '1' },
    allow: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`usage: npm run e2b -- [--port N] [--state-dir FOLDER] [--time-scale N] [--allow HOST:PORT]…
  E2B_API_KEY      the key that callers send; made up when it is not set
  --allow          an address on this machine's loopback that sandboxes may reach`);
} else {
  await run();
}

async function run(): Promise<void> {
  const temporary = values['state-dir'] ? undefined : await mkdtemp(join(tmpdir(), 'patchbay-e2b-'));
  const server = await startE2bServer({
    apiKey: process.env.E2B_API_KEY || `e2b_${randomBytes(20).toString('hex')}`,
    stateDir: values['state-dir'] ?? temporary ?? '',
    port: Number(values.port),
    timeScale: Number(values['time-scale']),
    loopbackTargets: () => values.allow,
    proxyVariables: hostProxy(),
    log: (line) => console.error(line),
  });
  console.log(`export E2B_API_URL=${server.url}`);
  console.log(`export E2B_SANDBOX_URL=${server.url}`);
  console.log(`export E2B_API_KEY=${server.apiKey}`);
  console.log(
    `# ${server.jailed ? 'every sandbox is a bubblewrap jail' : 'sandboxes are NOT isolated'}; Ctrl-C ends all`,
  );
  const end = async () => {
    await server.stop();
    if (temporary) {
      await rm(temporary, { recursive: true, force: true });
    }
    process.exit(0);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
}
