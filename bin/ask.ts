// `npm run token | status | bill | models`: asks the stack that `npm start` keeps up, or a deployed install.
import { bill } from './cli/commands/bill.ts';
import { installStatus } from './cli/commands/install-status.ts';
import { models } from './cli/commands/models.ts';
import { modelsCheck } from './cli/commands/models-check.ts';
import { token } from './cli/commands/token.ts';
import { runCommands } from './cli/run-commands.ts';
import { leave, processShell } from './cli/shell.ts';

const commands = { token, status: installStatus, bill, models };
const typed = process.argv.slice(2);
const checks = typed[0] === 'models' && typed[1] === 'check';

await leave(
  checks
    ? await runCommands({ name: 'npm run models --', commands: { check: modelsCheck } }, typed.slice(1), processShell())
    : await runCommands({ name: 'npm run', dashes: '--', commands }, typed, processShell()),
);
