import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StackOptions } from '#local/stack';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const stateDir = join(root, '.patchbay');

/** The laptop's users; the demo is `you`. */
export const users = [
  { sub: 'you', email: 'you@laptop.invalid', tenant: 'laptop' },
  { sub: 'guest', email: 'guest@laptop.invalid', tenant: 'elsewhere' },
];

/** How this checkout starts the local stack: what `start` of local/main.ts gets, as data. */
export function laptopOptions(cdkOut: string, name: string, more: Partial<StackOptions> = {}): StackOptions {
  const dir = join(stateDir, 'stacks', name);
  mkdirSync(dir, { recursive: true });
  return {
    cdkOut,
    stateDir: dir,
    users,
    sandboxBinds: [
      { from: join(root, 'sandbox-template'), to: '/opt/patchbay/template' },
      { from: join(stateDir, 'venv'), to: '/opt/patchbay/venv' },
    ],
    parameters: { DefaultModel: 'replay/sample' },
    secrets: { ModelKeys: '{}' },
    ...more,
  };
}
