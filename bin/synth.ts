// `npm run synth`: cdk synth into cdk.out, unless nothing that it is made of has changed since the last time.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, '.patchbay', 'setup', 'synth');
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
  const cdkOut = join(root, 'cdk.out');
  const key = keyOf();
  if (existsSync(join(cdkOut, 'manifest.json')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key)
    return cdkOut;
  const began = Date.now();
  log('synthesizing the application …');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet', '--output', cdkOut],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`cdk synth failed:\n${stdout}${stderr}`);
  mkdirSync(join(root, '.patchbay', 'setup'), { recursive: true });
  writeFileSync(stamp, key);
  log(`synthesizing the application: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return cdkOut;
}

function keyOf(): string {
  const hash = createHash('sha256');
  for (const file of globSync(sources, { cwd: root }).sort()) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${synth((line) => process.stderr.write(`patchbay: ${line}\n`))}\n`);
