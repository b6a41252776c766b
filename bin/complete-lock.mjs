// Adds the optional packages of other platforms that npm leaves out of package-lock.json (npm ci of npm >= 11.6 then
// refuses the lock file with EUSAGE). Run it after every change of dependencies: `npm run lock`. It writes no integrity, as
// npm itself has none for what it did not fetch.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const lockFile = new URL('../package-lock.json', import.meta.url);

/** Where `name`, required by the package at `from`, is found in the lock file; undefined when it is nowhere. */
export function resolveInLock(packages, from, name) {
  for (
    let folder = from;
    ;
    folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : ''
  ) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (folder === '') return undefined;
  }
}

/** [{from, name, range}] of optional dependencies without an entry. */
export function missingOptionals(lock) {
  return Object.entries(lock.packages).flatMap(([from, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => !resolveInLock(lock.packages, from, name))
      .map(([name, range]) => ({ from, name, range })),
  );
}

/** os, cpu and libc of a platform package, by its name: `…-linux-x64-musl`. Registries do not all carry all of them. */
export function platformOf(name) {
  const os = /android|darwin|freebsd|linux|openharmony|win32/.exec(name)?.[0];
  const cpu = /arm64|arm|ia32|ppc64|riscv64|s390x|x64/.exec(name.slice(name.indexOf(os)))?.[0];
  if (!os || !cpu) throw new Error(`complete-lock: no platform in the name "${name}"`);
  const libc = name.includes('musl') ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
  return { cpu: [cpu], libc, os: [os] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync(lockFile, 'utf8'));
  for (const { from, name, range } of missingOptionals(lock)) {
    if (!/^\d/.test(range)) throw new Error(`complete-lock: ${from} asks for ${name}@${range}, not for one version`);
    const { cpu, libc, os } = platformOf(name);
    const dev = lock.packages[from].dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version: range, cpu, ...dev, ...(libc && { libc }), optional: true, os };
    console.log(`added ${name} ${range}`);
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
}
