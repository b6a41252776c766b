import type {
  CommandHandle,
  Commands,
  Filesystem,
  Git,
  Pty,
  Sandbox,
  SandboxPaginator,
  Secret,
  TemplateBase,
  Volume,
} from 'e2b';

/**
 * The test that makes a call: its file (without `.test.ts`) and its title. `local`: the call sends nothing to any server.
 * `unreachable`: what gives its object is refused with 501.
 */
type Proof = { file: string; title: string } | { local: string } | { unreachable: string };

/** Public methods by name: TypeScript leaves out what the SDK keeps private, and wants every other. */
type Calls<T> = Record<
  { [K in keyof T]: T[K] extends (...args: never[]) => unknown ? K : never }[keyof T] & string,
  Proof
>;

const proof =
  (file: string) =>
  (title: string): Proof => ({ file, title });
const life = proof('sandbox-life');
const commands = proof('commands');
const files = proof('files');
const git = proof('git');
const notHere = proof('not-here');
const wire = proof('wire');
const rest = proof('whole-surface');

const PAUSED = notHere('pauses, forks and snapshots answer 501 by name');
const TERMINALS = 'terminals and watched folders are unimplemented by name';
const OTHER_TERMINALS = 'the other calls of terminals meet commands, which are no terminals';
const VOLUMES = notHere('volumes answer 501');
const SECRETS = notHere('secrets answer 501');
const TEMPLATES = notHere('building templates answers 501');

const SANDBOX: Calls<Sandbox> = {
  connect: rest('of a sandbox that is at hand'),
  fork: PAUSED,
  getHost: rest('of a sandbox that is at hand'),
  isRunning: life('ends at a kill, once, and takes its files along'),
  setTimeout: rest('of a sandbox that is at hand'),
  updateNetwork: proof('egress')('follows an update at once, also on open connections'),
  kill: life('ends at a kill, once, and takes its files along'),
  pause: PAUSED,
  betaPause: PAUSED,
  createSnapshot: PAUSED,
  listSnapshots: PAUSED,
  getMcpUrl: rest('of a sandbox that is at hand'),
  getMcpToken: rest('of a sandbox that is at hand'),
  uploadUrl: wire('serves signed URLs, which carry no sandbox id'),
  downloadUrl: wire('serves signed URLs, which carry no sandbox id'),
  getInfo: life('is found again by id, with a token, and lives at least as long as asked'),
  getMetrics: wire('measures a sandbox while it lives'),
};

const SANDBOX_STATIC: Calls<typeof Sandbox> = {
  list: life('is listed newest first, by page, by metadata'),
  create: life('divides the life of a sandbox'),
  connect: life('is found again by id, with a token, and lives at least as long as asked'),
  fork: PAUSED,
  kill: life('divides the life of a sandbox'),
  getInfo: life('says what it was created with'),
  getFullInfo: rest('by id alone, without a sandbox object'),
  getMetrics: rest('by id alone, without a sandbox object'),
  setTimeout: life('is found again by id, with a token, and lives at least as long as asked'),
  updateNetwork: rest('by id alone, without a sandbox object'),
  pause: PAUSED,
  betaPause: PAUSED,
  createSnapshot: PAUSED,
  listSnapshots: PAUSED,
  deleteSnapshot: PAUSED,
};

const PAGINATOR: Calls<SandboxPaginator> = {
  nextItems: life('is listed newest first, by page, by metadata'),
};

const COMMANDS: Calls<Commands> = {
  list: commands('live on in the background, are listed, taken up again and killed'),
  sendStdin: commands('live on in the background, are listed, taken up again and killed'),
  closeStdin: commands('get input only where asked for, and its end'),
  kill: commands('live on in the background, are listed, taken up again and killed'),
  connect: commands('live on in the background, are listed, taken up again and killed'),
  run: commands('answer both streams and the exit'),
};

const HANDLE: Calls<CommandHandle> = {
  wait: rest('of the handle of a command'),
  disconnect: rest('of the handle of a command'),
  kill: rest('of the handle of a command'),
  sendStdin: rest('of the handle of a command'),
  closeStdin: rest('of the handle of a command'),
};

const DESCRIBED = files('are described, listed to a depth, moved and removed');
const FILES: Calls<Filesystem> = {
  read: files('are written with their parents and read back in every format'),
  write: files('are written with their parents and read back in every format'),
  writeFiles: rest('of files, many at once'),
  list: DESCRIBED,
  makeDir: DESCRIBED,
  rename: DESCRIBED,
  remove: DESCRIBED,
  exists: DESCRIBED,
  getInfo: DESCRIBED,
  watchDir: notHere(TERMINALS),
};

const PTY: Calls<Pty> = {
  create: notHere(TERMINALS),
  connect: notHere(OTHER_TERMINALS),
  sendInput: notHere(OTHER_TERMINALS),
  resize: notHere(TERMINALS),
  kill: notHere(OTHER_TERMINALS),
};

const CHANGES = git('tells what changed, and takes it back');
const BRANCHES = git('makes, takes and deletes branches, and goes back');
const REMOTES = git('clones, pushes and pulls');
const GIT: Calls<Git> = {
  clone: REMOTES,
  init: REMOTES,
  remoteAdd: REMOTES,
  remoteGet: REMOTES,
  status: CHANGES,
  branches: BRANCHES,
  createBranch: BRANCHES,
  checkoutBranch: BRANCHES,
  deleteBranch: BRANCHES,
  add: CHANGES,
  commit: BRANCHES,
  reset: BRANCHES,
  restore: CHANGES,
  push: REMOTES,
  pull: REMOTES,
  setConfig: git('keeps its settings'),
  getConfig: git('keeps its settings'),
  dangerouslyAuthenticate: git('keeps credentials where git looks for them, and fails by its own words'),
  configureUser: proof('git')('git inside a sandbox, by SDK $version'),
};

const SECRET: Calls<typeof Secret> = {
  create: SECRETS,
  update: SECRETS,
  getInfo: SECRETS,
  list: SECRETS,
  exists: SECRETS,
  destroy: SECRETS,
  fill: { local: 'makes a placeholder' },
  iamToken: { local: 'makes a placeholder' },
};

const VOLUME_STATIC: Calls<typeof Volume> = {
  create: VOLUMES,
  connect: VOLUMES,
  getInfo: VOLUMES,
  list: VOLUMES,
  destroy: VOLUMES,
};

const NO_VOLUME = { unreachable: 'Volume.create and Volume.connect answer 501' };
const VOLUME: Calls<Volume> = {
  list: NO_VOLUME,
  makeDir: NO_VOLUME,
  getInfo: NO_VOLUME,
  exists: NO_VOLUME,
  updateMetadata: NO_VOLUME,
  readFile: NO_VOLUME,
  writeFile: NO_VOLUME,
  remove: NO_VOLUME,
};

const TEMPLATE_STATIC: Calls<typeof TemplateBase> = {
  toJSON: { local: 'writes the definition' },
  toDockerfile: { local: 'writes the definition' },
  build: TEMPLATES,
  buildInBackground: TEMPLATES,
  getBuildStatus: TEMPLATES,
  exists: TEMPLATES,
  aliasExists: TEMPLATES,
  assignTags: TEMPLATES,
  removeTags: TEMPLATES,
  getTags: TEMPLATES,
};

/** Every call of the SDK that can reach a server, by class, and what proves what this server answers. */
export const SDK_CALLS: Record<string, Record<string, Proof>> = {
  'Sandbox (static)': SANDBOX_STATIC,
  Sandbox: SANDBOX,
  SandboxPaginator: PAGINATOR,
  commands: COMMANDS,
  CommandHandle: HANDLE,
  files: FILES,
  pty: PTY,
  git: GIT,
  'Secret (static)': SECRET,
  'Volume (static)': VOLUME_STATIC,
  Volume: VOLUME,
  'Template (static)': TEMPLATE_STATIC,
};

/** What JavaScript shows of the classes, and the SDK's own types call private, protected, or internal. */
export const PRIVATE_CALLS: Record<string, string[]> = {
  'Sandbox (static)': ['createSandbox', 'forkSandbox', 'connectSandbox', 'resolveOpts', 'boundOpts'],
  Sandbox: ['resolveApiOpts', 'fileUrl'],
  SandboxPaginator: ['updatePagination'],
  commands: ['start'],
  CommandHandle: ['flushDecoders', 'iterateEvents', 'handleEvents'],
  git: ['runGit', 'runShell', 'getRemoteUrl', 'resolveRemoteName', 'withRemoteCredentials', 'hasUpstream'],
  'Secret (static)': ['resolveOpts', 'boundOpts'],
  'Volume (static)': ['resolveOpts', 'boundOpts'],
  'Template (static)': ['resolveOpts', 'boundOpts'],
};
