// `npm run solve -- …`: solves an issue, and looks after the jobs that this makes.
import { apply } from './cli/commands/apply.ts';
import { approve } from './cli/commands/approve.ts';
import { artifacts } from './cli/commands/artifacts.ts';
import { cancel } from './cli/commands/cancel.ts';
import { diff } from './cli/commands/diff.ts';
import { list } from './cli/commands/list.ts';
import { logs } from './cli/commands/logs.ts';
import { plan } from './cli/commands/plan.ts';
import { reject } from './cli/commands/reject.ts';
import { retry } from './cli/commands/retry.ts';
import { solve } from './cli/commands/solve.ts';
import { status } from './cli/commands/status.ts';
import { watch } from './cli/commands/watch.ts';
import { runCommands } from './cli/run-commands.ts';
import { leave, processShell } from './cli/shell.ts';

const commands = { status, watch, logs, diff, plan, artifacts, apply, approve, reject, cancel, retry, list };

await leave(
  await runCommands({ name: 'npm run solve --', commands, main: solve }, process.argv.slice(2), processShell()),
);
