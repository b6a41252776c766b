import { synth } from '../../../bin/synth.ts';
import type { Measurement } from '../measurement.ts';
import { runScript } from '../run-command.ts';

export const demo: Measurement = {
  name: 'demo',
  title: 'The demo',
  method:
    '`npm run demo` after set-up and synth, from the start of its process to its end. The model is a recording that answers with its recorded delays. "Stack ready" is the time from the start of the stack’s process, with `cdk.out` at hand, to its answer that every service is up.',
  async run() {
    synth();
    const ran = await runScript('demo');
    const starting = ran.firstMs('starting the local stack');
    const ready = ran.firstMs('ready: API');
    const first = ran.firstMs('#01 ');
    const seconds = (label: string, ms: number) => ({ label, unit: 's' as const, value: ms / 1_000 });
    return [
      seconds('warm `npm run demo`', ran.ms),
      seconds('stack ready', ready - starting),
      seconds('job: from its first milestone to its report', ran.firstMs('Status ') - first),
      seconds('stack: from the report to its clean end', ran.ms - ran.firstMs('Status ')),
    ];
  },
};
