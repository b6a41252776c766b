import { command } from '../command.ts';
import { connect, connectionOptions, socketOption } from '../connection.ts';
import { jobNamed } from '../job-named.ts';
import { watchJob } from '../watch-job.ts';

export const watch = command({
  summary: 'Follow a job to its end, from its first event',
  words: ['<job>'],
  options: {
    json: { type: 'boolean', help: 'one JSON object a line: {"event"} …, then {"job"}' },
    ...connectionOptions,
    ...socketOption,
  },
  example: 'npm run solve -- watch last',
  notes: ['Ctrl-C only leaves: the job goes on.'],
  async run({ shell, values, words: [name = ''] }) {
    const connection = await connect(shell, values);
    const job = await jobNamed(connection.api, name);
    return watchJob(shell, connection, job, { json: values.json === true, cancels: false });
  },
});
