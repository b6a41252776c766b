import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../../../bin/laptop.ts';
import { synth } from '../../../bin/synth.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { runCommand } from '../run-command.ts';

const load = `
const began = performance.now();
await import(process.argv[1]);
process.stdout.write('ms ' + (performance.now() - began) + '\\n', () => process.exit(0));
`;

export const bundles: Measurement = {
  name: 'bundles',
  title: 'Function bundles',
  method:
    'Size of each function’s minified bundle, and the time of its first import in a new process of this Node, without the start of Node itself. A cold start on AWS has this, on another processor, and the start of its environment.',
  async run(say) {
    synth();
    const folder = join(stateDir, 'bundles');
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const readings: Reading[] = [];
    for (const { name } of names) {
      say(name);
      const file = join(folder, name, 'index.mjs');
      const ran = await runCommand(process.execPath, ['--input-type=module', '--eval', load, file]);
      readings.push(
        { label: `${name}: size`, unit: 'kB', value: statSync(file).size / 1_000 },
        { label: `${name}: load`, unit: 'ms', value: Number(/^ms ([\d.]+)$/m.exec(ran.output)?.[1]) },
      );
    }
    return readings;
  },
};
