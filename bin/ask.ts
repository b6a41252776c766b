// `npm run token | status | bill | models`: asks the stack that `npm start` keeps up, or a deployed install.
import { bill } from './cli/commands/bill.ts';
import { installStatus } from './cli/commands/install-status.ts';
import { models } from './cli/commands/models.ts';
import { token } from './cli/commands/token.ts';
import { runCommands } from './cli/run-commands.ts';
import { processShell } from './cli/shell.ts';

const commands = { token, status: installStatus, bill, models };
const [name = '', ...args] = process.argv.slice(2);

process.exit(await runCommands({ name: 'npm run', commands }, [name, ...args], processShell()));
