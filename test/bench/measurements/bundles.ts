import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { stateDir } from '../../../bin/laptop.ts';
import { synth } from '../../../bin/synth.ts';
import { bytesAtStart } from '../../support/bundle-start.ts';
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
    'Size of each function’s minified code: what is read at a start, and with the chunks that are read when they are first needed. And the time of its first import in a new process of this Node, without the start of Node itself; a cold start on AWS has this, on another processor, and the start of its environment.',
  async run(say) {
    synth();
    const folder = join(stateDir, 'bundles');
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const readings: Reading[] = [];
    for (const { name } of names) {
      say(name);
      const file = join(folder, name, 'index.mjs');
      const ran = await runCommand(process.execPath, ['--input-type=module', '--eval', load, file]);
      const { outputs } = JSON.parse(readFileSync(join(folder, `${name}.meta.json`), 'utf8')) as Metafile;
      const whole = Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
      readings.push(
        { label: `${name}: read at a start`, unit: 'kB', value: bytesAtStart(outputs).bytes / 1_000 },
        { label: `${name}: whole`, unit: 'kB', value: whole / 1_000 },
        { label: `${name}: load`, unit: 'ms', value: Number(/^ms ([\d.]+)$/m.exec(ran.output)?.[1]) },
      );
    }
    return readings;
  },
};
