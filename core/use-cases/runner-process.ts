import type { World } from '#core/ports/world';
import { sandboxPaths } from '#core/workflow/runner';

/** What is in a sandbox before or after its runner was started. */
export interface RunnerPlace {
  /** Workspace root: `/workspace`, or what the image's environment says where jails are missing. */
  root: string;
  /** Of a runner that was started here before. */
  pid: number | undefined;
}

const folder = `~/${sandboxPaths.inputFolder}`;
const probe = [
  `mkdir -p -m 700 ${folder}`,
  `echo "patchbay-root=\${PATCHBAY_WORKSPACE_ROOT:-/workspace}"`,
  `echo "patchbay-pid=$(cat ${folder}/runner.pid 2>/dev/null)"`,
].join(' && ');

/**
 * Makes the runner's folder (0700, because envd writes files as 0666 minus umask) and looks around. A started runner is
 * seen by its pid file, whoever started it: a repeated step never starts a second one.
 */
export async function lookAround(world: Pick<World, 'sandboxes' | 'clock'>, sandboxId: string): Promise<RunnerPlace> {
  const outcome = await world.sandboxes.run(sandboxId, probe, { timeoutSeconds: unscaled(world, 15) });
  if (outcome.exit_code !== 0) throw new Error(`the sandbox is not usable: ${outcome.stderr.slice(0, 300)}`);
  // By name: a login shell may print what it likes before.
  const root = /^patchbay-root=(.+)$/m.exec(outcome.stdout)?.[1]?.trim();
  const pid = /^patchbay-pid=(\d+)$/m.exec(outcome.stdout)?.[1];
  return { root: root ?? '/workspace', pid: pid === undefined ? undefined : Number(pid) };
}

/**
 * Starts the runner once: `mkdir` of the marker is atomic, the loser starts nothing. It gets a session of its own and
 * no stream of ours: a command that holds one never ends, and nobody would read it.
 * `PATCHBAY_HOME` stands for the image's folder where jails are missing.
 */
export async function startRunner(world: Pick<World, 'sandboxes'>, sandboxId: string): Promise<number> {
  const python = inHome(sandboxPaths.python);
  const script = inHome(`${sandboxPaths.template}/run_solver.py`);
  const runner = `echo $$ >${folder}/runner.pid; exec ${python} -I -u ${script} ~/${sandboxPaths.input}`;
  const command = `mkdir ${folder}/started && exec setsid bash -c '${runner}' >${folder}/runner.out 2>&1 </dev/null`;
  return await world.sandboxes.start(sandboxId, command);
}

/** `/opt/patchbay/…` with its root replaceable by the environment. */
function inHome(path: string): string {
  return `"\${PATCHBAY_HOME:-/opt/patchbay}${path.slice('/opt/patchbay'.length)}"`;
}

/**
 * Asks the runner to finish with what there is, and waits until it has written its result, has ended, or the grace is
 * over. TERM goes to the runner itself by a command inside: what the provider can send is KILL.
 */
export async function endRunner(
  world: Pick<World, 'sandboxes' | 'clock'>,
  sandboxId: string,
  runner: { output: string; pid: number | undefined; graceSeconds: number },
): Promise<void> {
  const tenths = Math.ceil(runner.graceSeconds * 10);
  const command = [
    `pid=$(cat ${folder}/runner.pid 2>/dev/null || echo ${runner.pid ?? ''})`,
    '[ -n "$pid" ] || exit 0',
    'kill -TERM "$pid" 2>/dev/null',
    `for _ in $(seq ${tenths}); do kill -0 "$pid" 2>/dev/null || exit 0; [ -e "${runner.output}/result.json" ] && exit 0; sleep 0.1; done`,
  ].join('; ');
  await world.sandboxes.run(sandboxId, command, { timeoutSeconds: unscaled(world, runner.graceSeconds + 10) });
}

/** Files that verify and judge get as input. Not in the output folder: Collect must never take them for results. */
export function inputFolder(root: string, jobId: string): string {
  return `${root}/input/${jobId}`;
}

/** Real seconds for a command of ours, as the provider counts them: a shell does not start faster on a scaled clock. */
export function unscaled(world: Pick<World, 'clock'>, seconds: number): number {
  return Math.ceil(seconds * world.clock.timeScale);
}
