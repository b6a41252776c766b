import { root } from '../../../bin/laptop.ts';
import type { Measurement } from '../measurement.ts';
import { runCommand, runScript } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export const freshClone: Measurement = {
  name: 'fresh',
  title: 'From a fresh clone to the first milestone',
  method:
    'A clone of this checkout’s HEAD into a new folder, then `npm run demo` there: npm packages, Python packages, synth, stack, job. The package managers’ own caches on this machine are used as they are. Over the network it takes as long as the downloads take.',
  onlyByName: true,
  async run(say) {
    const { path: folder, remove } = temporaryFolder('fresh');
    try {
      const clone = await runCommand('git', ['clone', '--quiet', root, folder]);
      say('cloned; npm run demo');
      const ran = await runScript('demo', { cwd: folder });
      const seconds = (label: string, ms: number) => ({ label, unit: 's' as const, value: ms / 1_000 });
      return [
        seconds('clone', clone.ms),
        seconds('until the stack starts (packages, Python, synth)', clone.ms + ran.firstMs('starting the local stack')),
        seconds('until the first milestone', clone.ms + ran.firstMs('#01 ')),
        seconds('until the verified diff', clone.ms + ran.ms),
      ];
    } finally {
      remove();
    }
  },
};
