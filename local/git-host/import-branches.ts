import { git } from './git-command.ts';

const spaces = ['refs/heads', 'refs/tags'];
const detachedHead = 'refs/heads/detached-head';

/**
 * Copies branches and tags from one repository on this machine into a bare one, and makes the checked-out branch its
 * default. What only the bare one has stays, unless its name is in the way.
 */
export async function importBranches(from: string, into: string): Promise<void> {
  // In full: of a branch and a tag of one name git shortens the branch to `heads/<name>`.
  const branch = (await git('-C', from, 'rev-parse', '--symbolic-full-name', 'HEAD')).trim();
  const detached = branch === 'HEAD';
  const head = detached ? detachedHead : branch;
  const wanted = [...(await refsOf(from)), ...(detached ? [detachedHead] : [])];
  for (const old of await refsOf(into))
    if (wanted.some((name) => inTheWay(name, old))) await git('-C', into, 'update-ref', '-d', old);
  const refs = [...spaces.map((space) => `+${space}/*:${space}/*`), ...(detached ? [`+HEAD:${detachedHead}`] : [])];
  // Without --update-shallow git leaves out every branch of a shallow clone, and calls it a success.
  await git('-C', into, 'fetch', '--quiet', '--no-write-fetch-head', '--update-shallow', from, ...refs);
  await git('-C', into, 'symbolic-ref', 'HEAD', head);
}

async function refsOf(folder: string): Promise<string[]> {
  return (await git('-C', folder, 'for-each-ref', '--format=%(refname)', ...spaces)).split('\n').filter(Boolean);
}

/** Git keeps no `fix` beside `fix/typo`: one of them was renamed since it was copied. */
function inTheWay(name: string, old: string): boolean {
  return name.startsWith(`${old}/`) || old.startsWith(`${name}/`);
}
