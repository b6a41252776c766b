import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../figures.ts';

export const models = command({
  summary: 'Models that may be asked for, in US dollars per million tokens',
  words: [],
  options: { ...jsonOption, ...connectionOptions },
  example: 'npm run models',
  notes: [
    'A provider’s other models may be asked for too; they are unpriced and held by the caps on steps and time.',
    '`npm run models -- check` asks each provider for one tool call, and says what works and what it cost.',
  ],
  async run({ shell, values }) {
    const { api } = await connect(shell, values);
    const catalogue = await api.call('listModels', {});
    if (values.json) {
      shell.out(`${JSON.stringify(catalogue)}\n`);
      return exitCodes.done.code;
    }
    const rows = catalogue.providers.flatMap(({ name, kind, models: known }) =>
      known.length === 0
        ? [[`${name}/<any>`, '', '', '', '', `${kind}, unpriced`]]
        : known.map((model) => [
            `${name}/${model.name}`,
            `in ${model.input}`,
            `out ${model.output}`,
            `cached ${model.cached}`,
            model.written === undefined ? '' : `cache write ${model.written}`,
            model.source,
          ]),
    );
    shell.out(`Default: ${catalogue.default_model}\n${table(rows).join('\n')}\n`);
    return exitCodes.done.code;
  },
});
