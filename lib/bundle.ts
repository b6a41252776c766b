import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles one Lambda entry into a folder with `index.mjs`, by esbuild in this process: a spawned bundler per function
 * costs a second each. The SDK is bundled (the runtime's own is older); `mainFields: module,main` keeps 37 % out.
 * @param entry path from the root, e.g. `functions/api/api.ts`
 */
export function bundle(name: string, entry: string): { folder: string; metafile: Metafile } {
  const folder = join(root, '.patchbay', 'bundles', name);
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
    metafile: true,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, '.patchbay', 'bundles', `${name}.meta.json`), JSON.stringify(metafile));
  return { folder, metafile };
}
