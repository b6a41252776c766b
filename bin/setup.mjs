// Sets everything up: packages, Node 24, Python, jail. Plain JavaScript without packages, for Node 20 and newer.
// Idempotent: each step leaves a stamp of what it was made from, written last, so an interrupted step runs again.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const stateDir = join(root, '.patchbay');
const venv = join(stateDir, 'venv');
const ministack = join(stateDir, 'ministack');

/** A thing that is missing: what, why it is needed, how to get it. Shown without a stack. */
export class Missing extends Error {}

/** Steps by name, in order. Each `run` may throw Missing; `key` is what its result depends on (absent: check every time). */
const steps = {
  packages: {
    title: 'npm packages',
    key: () => digest(readFileSync(join(root, 'package-lock.json')), process.platform, process.arch),
    intact: () => existsSync(join(root, 'node_modules', '.package-lock.json')),
    run: installPackages,
  },
  python: {
    title: 'Python packages (hash-locked)',
    key: () => lockDigest('sandbox-template/requirements.txt'),
    intact: () =>
      spawnSync(join(venv, 'bin', 'python3'), ['-c', 'import minisweagent'], { env: pythonEnvironment() }).status === 0,
    run: () => installPython(venv, 'sandbox-template/requirements.txt'),
  },
  ministack: {
    title: 'MiniStack (hash-locked)',
    key: () => lockDigest('test/conformance/requirements.txt'),
    intact: () => existsSync(join(ministack, 'bin', 'ministack')),
    run: () => installPython(ministack, 'test/conformance/requirements.txt'),
  },
  jail: { title: 'bubblewrap', intact: hasBubblewrap, run: installBubblewrap },
};

/** Runs the named steps that are not done; says what it does on stderr. */
export function setUp(names) {
  checkHost();
  for (const name of names) {
    const step = steps[name];
    const stamp = join(stateDir, 'setup', name);
    const key = step.key?.() ?? '';
    if (step.intact() && (!step.key || (existsSync(stamp) && readFileSync(stamp, 'utf8') === key))) continue;
    const began = Date.now();
    say(`setting up ${step.title} …`);
    rmSync(stamp, { force: true });
    step.run();
    mkdirSync(join(stateDir, 'setup'), { recursive: true });
    writeFileSync(stamp, key);
    say(`setting up ${step.title}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
}

/** The Node that runs everything else: this one if it is 24 or newer, else the one from the packages. */
export function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const bundled = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(bundled)) return bundled;
  throw new Missing(
    `Node 24 is needed, this is ${process.version}, and npm has none for ${process.platform}-${process.arch}.\nInstall Node 24 (https://nodejs.org) and run the command again.`,
  );
}

export function say(line) {
  process.stderr.write(`patchbay: ${line}\n`);
}

function checkHost() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 18))
    throw new Missing(
      `Node 20.18 or newer is needed, this is ${process.version}.\nInstall a newer Node (https://nodejs.org).`,
    );
  if (spawnSync('git', ['--version']).status !== 0)
    throw new Missing(
      'git is needed: it makes the sample repository and every diff.\nInstall git (Debian: apt-get install git; macOS: xcode-select --install).',
    );
}

function installPackages() {
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0)
    throw new Missing(
      'npm ci failed (its output is above).\nCheck that the npm registry is reachable, then run the command again.',
    );
}

/** A virtual environment of exactly what the lock lists. */
function installPython(environment, lock) {
  const python = findPython();
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(stateDir, { recursive: true });
  execFileSync(python, ['-m', 'venv', environment], { stdio: ['ignore', 2, 2] });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
    '--only-binary',
    ':all:',
    '-r',
    join(root, lock),
  ];
  const done = spawnSync(join(environment, 'bin', 'python3'), pip, { stdio: ['ignore', 2, 2] });
  if (done.status !== 0)
    throw new Missing(
      'pip install failed (its output is above).\nCheck that PyPI is reachable, then run the command again.',
    );
}

/** The first interpreter that is new enough and can make virtual environments; the system's first: jails can always read it. */
function findPython() {
  const wanted = ['/usr/bin/python3', 'python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
  const check = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
  const found = wanted.find((name) => spawnSync(name, ['-c', check]).status === 0);
  if (found) return found;
  throw new Missing(
    'Python 3.10 or newer with venv is needed: the agent in the sandbox is Python.\nInstall it (Debian: apt-get install python3 python3-venv; macOS: brew install python).',
  );
}

/** mini-swe-agent makes its configuration folder when it is imported: give it one of ours. */
function pythonEnvironment() {
  return {
    PATH: process.env.PATH,
    HOME: stateDir,
    MSWEA_SILENT_STARTUP: '1',
    MSWEA_GLOBAL_CONFIG_DIR: join(stateDir, 'mini'),
  };
}

function hasBubblewrap() {
  return spawnSync('bwrap', ['--version']).status === 0;
}

/** Without it sandboxes are plain processes; the stack warns then, so a failure here stops nothing. */
function installBubblewrap() {
  const how =
    'Install it for real sandboxes (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap).';
  if (process.platform !== 'linux') return say('no bubblewrap on this system: sandboxes will be plain processes.');
  if (process.getuid() !== 0 || spawnSync('apt-get', ['--version']).status !== 0)
    return say(`bubblewrap is missing: sandboxes will be plain processes. ${how}`);
  const apt = (...args) =>
    spawnSync('apt-get', ['-qq', ...args], {
      stdio: ['ignore', 'ignore', 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!(apt('install', '-y', 'bubblewrap') || (apt('update') && apt('install', '-y', 'bubblewrap'))))
    say(`bubblewrap could not be installed: sandboxes will be plain processes. ${how}`);
}

function lockDigest(lock) {
  return digest(readFileSync(join(root, lock)), process.platform, process.arch);
}

function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
