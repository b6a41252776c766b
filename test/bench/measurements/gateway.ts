import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { root, stateDir } from '../../../bin/laptop.ts';
import { startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { percentile } from '../statistics.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const calls = 30;
const promptBytes = [1_000, 100_000];
const Times = z.object({ gateway: z.array(z.number()).length(calls), direct: z.array(z.number()).length(calls) });

export const gateway: Measurement = {
  name: 'gateway',
  title: 'What the model gateway adds to a call',
  method: `Inside a sandbox, in place of the runner and with its HTTP client, token and proxy: ${calls} calls through the gateway and ${calls} straight to a model’s server that answers at once, in turn. What it adds is the token’s look-up, the reservation before the call and its settlement after it (three requests to DynamoDB), and the function’s invocation. The sizes are those of the prompt.`,
  async run() {
    const template = probeTemplate();
    const binds = [
      { from: template.folder, to: '/opt/patchbay/template' },
      { from: join(stateDir, 'venv'), to: '/opt/patchbay/venv' },
    ];
    try {
      const stack = await startBenchStack({ binds });
      try {
        template.pointAt(`${stack.model.baseUrl}/chat/completions`);
        const chat = await stack.chat(0);
        const { jobId } = await chat.solve(await chat.file(), [{ text: 'At once.' }]);
        const { event } = await chat.events.until(jobId, ({ type }) => type === 'note', 120);
        return promptBytes.flatMap((bytes) => readings(bytes, Times.parse(event.data[String(bytes)])));
      } finally {
        await stack.stop();
      }
    } finally {
      template.remove();
    }
  },
};

/** The sandbox's template with a probe for a runner. */
function probeTemplate() {
  const { path: folder, remove } = temporaryFolder('probe');
  cpSync(join(root, 'sandbox-template'), folder, { recursive: true });
  cpSync(join(root, 'test/bench/gateway-probe/run_solver.py'), join(folder, 'run_solver.py'));
  return {
    folder,
    pointAt(url: string) {
      const probe = { direct_url: url, calls, prompt_bytes: promptBytes };
      writeFileSync(join(folder, 'probe.json'), JSON.stringify(probe));
    },
    remove,
  };
}

function readings(bytes: number, times: z.infer<typeof Times>): Reading[] {
  return Object.entries({ p50: 0.5, p95: 0.95 }).flatMap(([name, p]) => {
    const [through, direct] = [percentile(times.gateway, p), percentile(times.direct, p)];
    const label = `${bytes / 1_000} kB: ${name}`;
    return [
      {
        label: `${label} through the gateway`,
        unit: 'ms',
        value: through,
        baseline: { label: 'direct', value: direct },
      },
      { label: `${label} added`, unit: 'ms', value: through - direct },
    ];
  });
}
