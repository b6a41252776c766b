import type { Measurement } from '../measurement.ts';
import { runScript } from '../run-command.ts';

export const checks: Measurement = {
  name: 'checks',
  title: 'Checks and tests',
  method: 'Wall clock of the two commands, after set-up. `check` leaves out the tests that start the local stack.',
  onlyByName: true,
  async run(say) {
    const readings = [];
    for (const name of ['check', 'test']) {
      say(`npm run ${name}`);
      readings.push({ label: `\`npm run ${name}\``, unit: 's' as const, value: (await runScript(name)).ms / 1_000 });
    }
    return readings;
  },
};
