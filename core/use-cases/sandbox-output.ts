import type * as z from 'zod';
import { PatchbayError, SandboxLost } from '#core/errors';
import type { SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';
import { caps, collectSeconds, termGraceSeconds } from '#core/workflow/limits';
import {
  CrossTests,
  Evidence,
  outputFiles,
  PlanFile,
  type RunnerMode,
  RunnerResult,
  sandboxPaths,
  TestReport,
} from '#core/workflow/runner';
import { endRunner, lookAround } from './runner-process.ts';

/** What a runner left, as far as it could be read. Nothing in it is believed: it was written by an untrusted machine. */
export interface SandboxOutput {
  /** The provider says that the sandbox is gone: there may be more than was read. */
  lost: boolean;
  files: Map<string, Uint8Array>;
  result: RunnerResult | undefined;
  /** What was left out, and why. */
  notes: string[];
}

const schemas: Record<string, z.ZodType> = {
  'plan.json': PlanFile,
  'tests.json': TestReport,
  'result.json': RunnerResult,
  'evidence.json': Evidence,
  'cross.json': CrossTests,
};

const sizes: Record<string, number> = {
  'diff.patch': caps.patchBytes,
  'logs.txt': caps.logBytes,
  'trajectory.json.gz': caps.trajectoryBytes,
  'changes.tar': caps.changesBytes,
  'repro.tar': caps.patchBytes,
};

/**
 * Pulls the files of one mode.
 *
 * 1. The sandbox lives long enough for it; gone → `lost`.
 * 2. `hurry` (the step failed, or the job is being cancelled): the runner gets TERM and 8 s for its last files.
 * 3. Every file up to its cap, all at once; JSON only if it has its shape.
 */
export async function readOutput(
  world: Pick<World, 'sandboxes' | 'clock'>,
  row: SandboxRow,
  mode: RunnerMode,
  hurry: boolean,
): Promise<SandboxOutput> {
  const output: SandboxOutput = { lost: false, files: new Map(), result: undefined, notes: [] };
  if (row.sandbox_id === undefined) return { ...output, lost: true };
  try {
    await world.sandboxes.setLife(row.sandbox_id, collectSeconds);
    const { root, pid } = await lookAround(world, row.sandbox_id);
    const folder = sandboxPaths.output(root, row.job_id);
    if (hurry) await hurryUp(world, row.sandbox_id, { output: folder, pid: pid ?? row.runner_pid }, output);
    const sandboxId = row.sandbox_id;
    const read = await Promise.all(outputFiles[mode].map((name) => readFile(world, sandboxId, folder, name)));
    for (const file of read) keep(file, output);
  } catch (error) {
    if (!(error instanceof SandboxLost)) throw error;
    output.lost = true;
  }
  return output;
}

async function hurryUp(
  world: Pick<World, 'sandboxes' | 'clock'>,
  sandboxId: string,
  runner: { output: string; pid: number | undefined },
  output: SandboxOutput,
): Promise<void> {
  // Not shorter than 2 s on a scaled clock either: git and gzip do not run faster there.
  const graceSeconds = Math.max(2, termGraceSeconds / world.clock.timeScale);
  try {
    await endRunner(world, sandboxId, { ...runner, graceSeconds });
  } catch (error) {
    if (error instanceof SandboxLost) throw error;
    output.notes.push('The runner could not be asked to finish; its last files may be missing.');
  }
}

interface ReadFile {
  name: string;
  /** Undefined: it is not there, or `note` says why it was left out. */
  body?: Uint8Array | undefined;
  note?: string;
  /** The sandbox died meanwhile: what else was read is good. */
  lost?: true;
}

async function readFile(
  world: Pick<World, 'sandboxes'>,
  sandboxId: string,
  folder: string,
  name: string,
): Promise<ReadFile> {
  const most = sizes[name] ?? caps.jsonArtifactBytes;
  try {
    return { name, body: await world.sandboxes.read(sandboxId, `${folder}/${name}`, most) };
  } catch (error) {
    if (error instanceof SandboxLost) return { name, lost: true };
    if (!(error instanceof PatchbayError) || error.code !== 'payload_too_large') throw error;
    return { name, note: `${name} is larger than ${most} bytes and was left out.` };
  }
}

function keep({ name, body, note, lost }: ReadFile, output: SandboxOutput): void {
  if (lost) output.lost = true;
  if (note !== undefined) output.notes.push(note);
  if (body === undefined) return;
  const schema = schemas[name];
  if (schema !== undefined) {
    const value = parsedJson(schema, body);
    if (value === undefined) {
      output.notes.push(`${name} has not the shape it should have and was left out.`);
      return;
    }
    if (name === 'result.json') output.result = value as RunnerResult;
  }
  output.files.set(name, body);
}

/** The value of a JSON file, undefined when it is none or has another shape. */
export function parsedJson<S extends z.ZodType>(schema: S, body: Uint8Array | undefined): z.output<S> | undefined {
  if (body === undefined) return undefined;
  try {
    const result = schema.safeParse(JSON.parse(new TextDecoder().decode(body)));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** The files as they are stored. */
export function filesOf(output: SandboxOutput, rename: Record<string, string> = {}) {
  return [...output.files].map(([name, body]) => ({ name: rename[name] ?? name, body }));
}
