import { counted } from '#core/counted';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { duration, megabytes, table } from '../figures.ts';

interface Sandbox {
  sandboxId: string;
  metadata: Record<string, string>;
  startedAt: string;
}

interface Alarm {
  name: string;
  state: string;
  reason: string;
  description: string;
}

interface Memory {
  stack: number;
  functions: { processes: number; residentBytes: number; coldStarts: number; invocations: number };
}

/** `GET /status`, and on the laptop its alarms, its sandboxes and what it takes of the machine. */
export const installStatus = command({
  summary: 'How the install is: slots, line, alarms, sandboxes, memory',
  words: [],
  options: { ...jsonOption, ...connectionOptions },
  example: 'npm run status',
  async run({ shell, values }) {
    const { api, ask } = await connect(shell, values);
    const status = await api.call('getStatus', {});
    const laptop = ask && {
      alarms: await ask<Alarm[]>('alarms'),
      sandboxes: await ask<Sandbox[]>('sandboxes'),
      memory: await ask<Memory>('memory'),
    };
    if (values.json) {
      shell.out(`${JSON.stringify({ ...status, ...laptop })}\n`);
      return exitCodes.done.code;
    }
    const slots = status.slots.map(({ scope, used, limit }) => `${used} of ${limit} (${scope})`).join(', ');
    shell.out(`Version    ${status.version}\nSlots      ${slots}\nWaiting    ${counted(status.waiting, 'job')}\n`);
    if (laptop) shell.out(laptopLines(laptop));
    return exitCodes.done.code;
  },
});

interface Laptop {
  alarms: Alarm[];
  sandboxes: Sandbox[];
  memory: Memory;
}

function laptopLines({ alarms, sandboxes, memory: { stack, functions } }: Laptop): string {
  const raised = alarms.filter(({ state }) => state === 'ALARM');
  const untold = alarms.filter(({ state }) => state === 'NOT_EVALUATED').map(({ name }) => name);
  const rows = sandboxes.map(({ sandboxId, metadata, startedAt }) => [
    // As wide as the titles, less the blanks that the table adds.
    ' '.repeat(9),
    sandboxId,
    metadata.job ?? metadata.job_id ?? '',
    metadata.sandbox_key ?? '',
    duration(Date.now() - Date.parse(startedAt)),
  ]);
  return `${[
    `Alarms     ${raised.length} of ${alarms.length}${untold.length > 0 ? `; only AWS can tell ${untold.join(', ')}` : ''}`,
    ...raised.map(({ name, reason, description }) => `           ${name}: ${description} (${reason})`),
    `Sandboxes  ${sandboxes.length}`,
    ...table(rows),
    `Memory     ${megabytes(stack)} (stack), ${megabytes(functions.residentBytes)} in ${counted(functions.processes, 'function process', 'function processes')}`,
    `Functions  ${counted(functions.invocations, 'invocation')}, ${counted(functions.coldStarts, 'cold start')}`,
  ].join('\n')}\n`;
}
