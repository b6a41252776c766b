// `npm run synth`: cdk synth, unless there is an assembly of exactly these sources. Assemblies are kept by what they are made
// of and never change: a stack that runs keeps its own, and two commands may synthesize at once.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const assemblies = join(root, '.patchbay', 'assemblies');
const kept = 5;
const sources = [
  'core/**/*.ts',
  'functions/**/*.{ts,json}',
  'lib/**/*.ts',
  'bin/patchbay.ts',
  'cdk.json',
  'package-lock.json',
];

/** @returns the folder of the cloud assembly. @throws Error with the output of a synth that failed. */
export function synth(log: (line: string) => void = () => {}): string {
  const folder = join(assemblies, keyOf());
  if (existsSync(folder)) return folder;
  const began = Date.now();
  log('synthesizing the application …');
  const making = `${folder}.${process.pid}`;
  mkdirSync(assemblies, { recursive: true });
  const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cdk, 'synth', '--quiet', '--output', making], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  if (status !== 0) {
    rmSync(making, { recursive: true, force: true });
    throw new Error(`cdk synth failed:\n${stdout}${stderr}`);
  }
  keep(making, folder);
  log(`synthesizing the application: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return folder;
}

/** Whoever is first puts it in its place; the oldest go. */
function keep(making: string, folder: string): void {
  if (existsSync(folder)) rmSync(making, { recursive: true });
  else renameSync(making, folder);
  const byAge = readdirSync(assemblies)
    .map((name) => join(assemblies, name))
    .toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  for (const old of byAge.slice(kept)) rmSync(old, { recursive: true, force: true });
}

function keyOf(): string {
  const hash = createHash('sha256');
  for (const file of globSync(sources, { cwd: root }).sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${synth((line) => process.stderr.write(`patchbay: ${line}\n`))}\n`);
