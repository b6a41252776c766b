import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { counted } from '#core/counted';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../figures.ts';
import { jobNamed } from '../job-named.ts';
import { UsageError } from '../usage-error.ts';

export const artifacts = command({
  summary: 'The stored files of a job: list them, or fetch them into a folder',
  words: ['<job>', '[<name>]'],
  options: {
    out: { type: 'string', value: 'FOLDER', help: 'fetch all, or the one that is named, into it' },
    ...jsonOption,
    ...connectionOptions,
  },
  example: 'npm run solve -- artifacts last --out ./last-job',
  async run({ shell, values, words: [name = '', wanted] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const chosen = job.artifacts.filter((artifact) => wanted === undefined || artifact.name === wanted);
    if (wanted !== undefined && chosen.length === 0) {
      const remedy = `It has ${job.artifacts.map((artifact) => artifact.name).join(', ') || 'none yet'}.`;
      throw new UsageError('<name>', `job ${job.id} has no "${wanted}".`, remedy);
    }
    if (values.out === undefined) {
      shell.out(
        values.json
          ? `${JSON.stringify(chosen)}\n`
          : table(
              chosen.map(({ name: file, size, partial, sha256 }) => [
                file,
                size,
                'B',
                `sha256 ${sha256}${partial ? '  (partial)' : ''}`,
              ]),
            )
              .map((line) => `${line}\n`)
              .join(''),
      );
      return exitCodes.done.code;
    }
    const folder = resolve(shell.cwd, values.out);
    for (const artifact of chosen) {
      const path = inside(folder, artifact.name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, await api.call('getArtifact', { params: { job_id: job.id, name: artifact.name } }));
    }
    shell.out(values.json ? `${JSON.stringify(chosen)}\n` : `${counted(chosen.length, 'file')} in ${folder}\n`);
    return exitCodes.done.code;
  },
});

/** Names come from an API that somebody else may run: none leads out of the folder. */
function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (!path.startsWith(folder + sep)) throw new Error(`The artifact "${name}" would be written outside of ${folder}.`);
  return path;
}
