import type { Measurement } from '../measurement.ts';
import { runScript } from '../run-command.ts';

export const checks: Measurement = {
  name: 'checks',
  title: 'Checks and tests',
  method: 'Wall clock of the two commands, after set-up. `check` leaves out the tests that start the local stack.',
  onlyByName: true,
  async run(say) {
    const readings = [];
    for (const [command, script] of [
      ['npm run check', 'check'],
      ['npm test', 'test'],
    ] as const) {
      say(command);
      readings.push({ label: `\`${command}\``, unit: 's' as const, value: (await runScript(script)).ms / 1_000 });
    }
    return readings;
  },
};
