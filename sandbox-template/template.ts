import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template, type TemplateClass } from 'e2b';

const folder = fileURLToPath(new URL('.', import.meta.url));
const home = '/opt/patchbay';

/** What every sandbox gets; part of a template, so another size is another build. */
export const sandboxSize = { cpuCount: 2, memoryMB: 4_096 } as const;

/** Exact versions of what Debian has too old or not at all; all of them are on the path of every user. */
const versions = { node: '24.21.0', go: '1.26.8', rust: '1.95.0', uv: '0.13.9', poetry: '2.2.1' } as const;

const packages = [
  'bash',
  'build-essential',
  'ca-certificates',
  'curl',
  'git',
  'jq',
  'libssl-dev',
  'patch',
  'pkg-config',
  'procps',
  'python3',
  'python3-dev',
  'python3-venv',
  'ripgrep',
  'tini',
  'unzip',
  'xz-utils',
  'zip',
] as const;

/** The files of the image, relative to this folder, in order. */
export function templateFiles(): string[] {
  const runner = readdirSync(join(folder, 'runner')).filter((name) => name.endsWith('.py'));
  return [
    'install_deps.sh',
    'prepare_repo.sh',
    'requirements.txt',
    'run_solver.py',
    ...runner.sort().map((name) => `runner/${name}`),
  ];
}

/**
 * The tag of this content, e.g. `3f2a9c01b7de`: the image is built as `name:tag`, and an installation is configured with
 * that tag, so that a change of the runner never reaches a running installation by itself.
 */
export function templateTag(baseImage: string): string {
  const hash = createHash('sha256').update(baseImage);
  for (const name of [...templateFiles(), 'template.ts']) {
    hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * The sandbox's image as code, for `Template.build(sandboxTemplate(image), 'patchbay:' + templateTag(image), sandboxSize)`.
 * Building needs an E2B key: no test builds it. Its Dockerfile is asserted, and the files in it run on the laptop as they are.
 *
 * @param baseImage Debian 12 or newer (git >= 2.31, Python >= 3.10), with its digest: `debian:bookworm-slim@sha256:…`
 */
export function sandboxTemplate(baseImage: string): TemplateClass {
  return Template({ fileContextPath: folder })
    .fromImage(baseImage)
    .setUser('root')
    .runCmd([
      `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`,
      `mkdir -p ${home} /workspace && chmod 755 ${home} && chmod 1777 /workspace`,
    ])
    .runCmd(toolchains())
    .copy('requirements.txt', `${home}/requirements.txt`, { user: 'root', mode: 0o644 })
    .runCmd([
      `python3 -m venv ${home}/venv`,
      // Its own packages want more than is listed: the agent's loop imports none of that.
      `${home}/venv/bin/pip install --no-cache-dir --no-deps --require-hashes --compile -r ${home}/requirements.txt`,
    ])
    .copyItems(
      templateFiles().map((name) => ({ src: name, dest: `${home}/template/${name}`, user: 'root', mode: 0o755 })),
    )
    .runCmd([`${home}/venv/bin/python -m compileall -q ${home}/template`, gate()])
    .setUser('user')
    .runCmd([
      // The first `go test` otherwise compiles the standard library: half a minute (170 MB in the user's cache).
      'HOME=/home/user go build std',
    ])
    .setWorkdir('/home/user');
}

/** Node, Go, Rust, uv and poetry under /usr/local and /opt; variables of a build do not reach a running sandbox. */
function toolchains(): string[] {
  const { node, go, rust, uv, poetry } = versions;
  const architecture = "$(dpkg --print-architecture | sed 's/amd64/x64/')";
  return [
    `curl -fsSL https://nodejs.org/dist/v${node}/node-v${node}-linux-${architecture}.tar.xz | tar -xJ -C /usr/local --strip-components 1 && corepack enable`,
    `curl -fsSL https://go.dev/dl/go${go}.linux-$(dpkg --print-architecture).tar.gz | tar -xz -C /usr/local && ln -s /usr/local/go/bin/* /usr/local/bin/`,
    `curl -fsSL https://sh.rustup.rs | RUSTUP_HOME=/opt/rustup CARGO_HOME=/opt/cargo sh -s -- -y --profile minimal --default-toolchain ${rust} --no-modify-path`,
    'for tool in cargo rustc rustdoc; do ln -s /opt/rustup/toolchains/*/bin/$tool /usr/local/bin/$tool; done',
    `python3 -m venv ${home}/tools && ${home}/tools/bin/pip install --no-cache-dir uv==${uv} poetry==${poetry} && ln -s ${home}/tools/bin/uv ${home}/tools/bin/poetry /usr/local/bin/`,
  ];
}

/** Fails the build when the runner could not start: its imports, and the tools that it calls. */
function gate(): string {
  const imports = `import sys; sys.path.insert(0, '${home}/template'); import runner.main, runner.mini_loop`;
  const empty = 'MSWEA_SILENT_STARTUP=1 MSWEA_GLOBAL_CONFIG_DIR=/tmp/mini';
  return `${empty} ${home}/venv/bin/python3 -I -c "${imports}" && rm -rf /tmp/mini && git --version && bash --version && timeout --version`;
}
