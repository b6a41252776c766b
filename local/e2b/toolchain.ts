import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostCertificates } from '#local/host-certificates';

/** What a sandbox sees of the host's tools: folders bound read-only at their own path, the PATH, and their variables. */
export interface Toolchain {
  binds: string[];
  path: string[];
  env: Record<string, string>;
}

interface KnownTool {
  /** Matches a PATH entry. */
  entry: RegExp;
  /** What to bind for the matched entry: the smallest folder the tool works from, so that no credential comes along. */
  binds: (entry: string) => string[];
  env?: (entry: string) => Record<string, string>;
}

/** The folder so many levels above. */
const up = (entry: string, levels: number): string => (levels === 0 ? entry : up(dirname(entry), levels - 1));

/**
 * Tools that live under a home or in /opt. Only the named folders are bound: `~/.cargo` also holds a registry token,
 * `~/.local/bin` scripts of its owner.
 */
const KNOWN: KnownTool[] = [
  { entry: /\/\.nvm\/versions\/node\/[^/]+\/bin$/, binds: (entry) => [up(entry, 1)] },
  { entry: /\/node-(linux|darwin)-[^/]+\/bin$/, binds: (entry) => [up(entry, 1)] },
  {
    entry: /\/\.pyenv\/(shims|bin)$/,
    binds: (entry) => [up(entry, 1)],
    env: (entry) => ({ PYENV_ROOT: up(entry, 1) }),
  },
  {
    entry: /\/\.cargo\/bin$/,
    binds: (entry) => [entry, join(up(entry, 2), '.rustup')],
    env: (entry) => ({ RUSTUP_HOME: join(up(entry, 2), '.rustup') }),
  },
  { entry: /\/\.local\/bin$/, binds: packageManagers },
  { entry: /\/sdk\/go[^/]*\/bin$/, binds: (entry) => [up(entry, 1)] },
  { entry: /\/(go|\.deno|\.bun)\/bin$/, binds: (entry) => [entry] },
  { entry: /\/\.sdkman\/candidates\/[^/]+\/[^/]+\/bin$/, binds: (entry) => [up(entry, 3)] },
  { entry: /\/\.(rbenv|rvm|asdf|volta|jenv|nodenv)\/(bin|shims)$/, binds: (entry) => [up(entry, 1)] },
  { entry: /^\/(opt|nix|snap|home\/linuxbrew)\/.*\/s?bin$/, binds: (entry) => [up(entry, 1)] },
];

/** Of `~/.local/bin` the package managers that are usually installed there, each with the environment it lives in. */
function packageManagers(entry: string): string[] {
  const files = ['uv', 'uvx', 'poetry', 'pdm', 'pipenv'].map((tool) => join(entry, tool)).filter(existsSync);
  const home = /^.*\/(?:(?:pipx\/venvs|uv\/tools)\/[^/]+|pypoetry\/venv)(?=\/bin\/)/;
  return files.flatMap((file) => [file, ...(home.exec(realpathSync(file)) ?? [])]);
}

const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/**
 * Reads the host's PATH. An entry of the system is kept, one of a known tool is kept and bound, any other is dropped:
 * nothing else of a home is shown.
 * @param hostPath the PATH variable. @param prefix entries that come first, bound by the caller.
 */
export function findToolchain(hostPath: string, prefix: string[] = []): Toolchain {
  const node = dirname(process.execPath);
  const found: Toolchain = { binds: [], path: [...prefix], env: {} };
  for (const entry of [...hostPath.split(':'), node, ...SYSTEM]) {
    const tool = KNOWN.find((known) => known.entry.test(entry));
    if (entry.startsWith('/') && existsSync(entry) && (isSystem(entry) || tool)) {
      found.path.push(entry);
      found.binds.push(...(isSystem(entry) ? [] : (tool?.binds(entry) ?? [])).filter(existsSync));
      Object.assign(found.env, tool?.env?.(entry));
    }
  }
  Object.assign(found.env, visibleCertificates());
  if (!isSystem(node) && !found.path.includes(node)) {
    found.path.push(node);
    found.binds.push(dirname(node));
  }
  return { binds: [...new Set(found.binds)], path: [...new Set(found.path)], env: found.env };
}

/** The host's certificates, where a sandbox sees them. */
function visibleCertificates(): Record<string, string> {
  const visible = /^\/(etc\/ssl\/certs|etc\/pki\/ca-trust\/extracted|usr)(\/|$)/;
  return Object.fromEntries(Object.entries(hostCertificates()).filter(([, path]) => visible.test(path)));
}

/** A Python 3 that the jail can run: the system's, else the one a toolchain brings. @throws when there is none. */
export function findPython(toolchain: Toolchain): string {
  const candidates = ['/usr/bin', '/usr/local/bin', ...toolchain.path.filter((entry) => !entry.endsWith('/shims'))];
  const python = candidates.map((entry) => join(entry, 'python3')).find(existsSync) ?? pyenvPython(toolchain);
  if (!python) {
    throw new Error('sandboxes need Python 3: install python3 (the system package) and start again');
  }
  return python;
}

function pyenvPython(toolchain: Toolchain): string | undefined {
  const versions = toolchain.env.PYENV_ROOT && join(toolchain.env.PYENV_ROOT, 'versions');
  const newest =
    versions &&
    readdirSync(versions)
      .filter((name) => /^3\.\d+\.\d+$/.test(name))
      .sort(byVersion)
      .at(-1);
  return newest ? join(versions, newest, 'bin', 'python3') : undefined;
}

function byVersion(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function isSystem(entry: string): boolean {
  return /^\/(usr|bin|sbin)(\/|$)/.test(entry);
}
