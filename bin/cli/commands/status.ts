import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { jobNamed } from '../job-named.ts';
import { jobReport } from '../job-report.ts';
import { unpricedModels } from '../model-cost.ts';

export const status = command({
  summary: 'Where a job stands, or how it ended',
  words: ['<job>'],
  options: { ...jsonOption, ...connectionOptions },
  example: 'npm run solve -- status last',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    shell.out(values.json ? `${JSON.stringify(job)}\n` : jobReport(job, await unpricedModels(api)));
    return exitCodes.done.code;
  },
});
