import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles one Lambda entry into a folder with `index.mjs`, by esbuild in this process: a spawned bundler per function
 * costs a second each. The SDK is bundled (the runtime's own is older); `mainFields: module,main` keeps 37 % out. What is
 * imported dynamically becomes a chunk that is read when it is first needed: the SDK's ways to find credentials outside
 * Lambda alone are 130 kB.
 * @param entry path from the root, e.g. `functions/api/api.ts`
 */
export function bundle(name: string, entry: string): { folder: string; metafile: Metafile } {
  const folder = join(root, '.patchbay', 'bundles', name);
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [{ in: entry, out: 'index' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    alias: { 'dockerfile-ast': './functions/e2b/no-dockerfile-parser.ts' },
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
    metafile: true,
  });
  removeOthers(folder, metafile);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, '.patchbay', 'bundles', `${name}.meta.json`), JSON.stringify(metafile));
  return { folder, metafile };
}

/** Chunks of earlier sources: the folder is the asset. */
function removeOthers(folder: string, { outputs }: Metafile): void {
  const made = new Set(Object.keys(outputs).map((path) => join(root, path)));
  for (const file of readdirSync(folder)) if (!made.has(join(folder, file))) rmSync(join(folder, file));
}
