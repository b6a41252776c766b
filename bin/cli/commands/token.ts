import { command } from '../command.ts';
import { askLaptop } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';

export const token = command({
  summary: 'A bearer token for a user of the laptop’s stack, valid for 12 hours',
  words: [],
  options: { user: { type: 'string', value: 'NAME', help: 'you (unless given), or guest of another tenant' } },
  example: 'curl -H "authorization: Bearer $(npm run --silent token)" <API>/me',
  async run({ shell, values }) {
    shell.out(`${await askLaptop<string>('token', { sub: values.user ?? 'you' })}\n`);
    return exitCodes.done.code;
  },
});
