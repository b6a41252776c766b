import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { git } from './git-command.ts';
import { importBranches } from './import-branches.ts';
import { type GitRequest, gitRequest, serveGit } from './smart-http.ts';

export interface GitHostOptions {
  /** A free one if absent. */
  port?: number;
  /** Holds the repositories, at `<stateDir>/repositories`, and the push token. */
  stateDir: string;
  /** What a push must bring as a bearer token or as the password; one of an earlier start, or a random one, if absent. */
  pushToken?: string;
  log?(line: string): void;
}

export interface GitHost {
  /** `http://127.0.0.1:<port>` */
  url: string;
  pushToken: string;
  /** Makes an empty repository unless it is there. @param name e.g. `demo/shop` @returns the clone URL */
  createRepository(name: string): Promise<string>;
  /**
   * Copies the branches and tags of a repository on this machine, its checked-out branch as the default one. Branches
   * that only the host has stay, unless their names are in the way. @returns the clone URL
   */
  importRepository(name: string, path: string): Promise<string>;
  stop(): Promise<void>;
}

const NAME = /^(?!.*\.\.)[A-Za-z0-9_][\w.-]*(\/[A-Za-z0-9_][\w.-]*)?$/;

/**
 * Bare repositories over git's smart HTTP, on loopback: who knows its address reads a repository, a push needs the token.
 * The address of one tells nothing of another's, so that no sandbox reads the repository of another job.
 */
export async function startGitHost(options: GitHostOptions): Promise<GitHost> {
  const root = join(options.stateDir, 'repositories');
  mkdirSync(root, { recursive: true });
  const pushToken = options.pushToken ?? storedToken(join(options.stateDir, 'git-push-token'));
  const server = createServer((request, response) => {
    handle(request, response, root, pushToken).catch((error: unknown) => {
      options.log?.(`${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function createRepository(name: string): Promise<string> {
    const folder = folderOf(root, name);
    if (!existsSync(folder)) await initialize(folder);
    return `${url}/${keyOf(name, pushToken)}/${name}.git`;
  }

  return {
    url,
    pushToken,
    createRepository,
    async importRepository(name, path) {
      const cloneUrl = await createRepository(name);
      await importBranches(path, folderOf(root, name));
      return cloneUrl;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, root: string, pushToken: string) {
  const asked = gitRequest(request.method ?? 'GET', request.url ?? '/');
  const [, key = '', name = ''] = /^([^/]+)\/(.+)$/.exec(asked?.repository ?? '') ?? [];
  const known = NAME.test(name) && same(key, keyOf(name, pushToken));
  const folder = known ? folderOf(root, name) : '';
  if (!asked || !existsSync(folder)) return refuse(response, 404, 'repository not found');
  if (!mayUse(asked, request, pushToken)) {
    return refuse(response, 401, 'a push needs the token', { 'www-authenticate': 'Basic realm="git"' });
  }
  await serveGit(request, response, asked, folder);
}

function mayUse({ service }: GitRequest, { headers }: IncomingMessage, pushToken: string): boolean {
  if (service === 'git-upload-pack') return true;
  const [, scheme = '', value = ''] = /^(Basic|Bearer) (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const given =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64')
          .toString()
          .replace(/^[^:]*:/, '')
      : value;
  return same(given, pushToken);
}

/** The part of a repository's address that nobody guesses. */
function keyOf(name: string, secret: string): string {
  return createHmac('sha256', secret).update(name).digest('base64url').slice(0, 22);
}

function same(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A repository is there as a whole or not at all: a start that was cut short leaves only the folder beside it. */
async function initialize(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = `${folder}.${randomBytes(4).toString('hex')}`;
  await git('init', '--quiet', '--bare', '--initial-branch=main', unfinished);
  // A job fetches the one commit that it is pinned to, also when no branch leads there any more.
  await git('-C', unfinished, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  await git('-C', unfinished, 'config', 'uploadpack.allowFilter', 'true');
  if (existsSync(folder)) rmSync(unfinished, { recursive: true });
  else renameSync(unfinished, folder);
}

/** @throws on a name that could lead out of the folder */
function folderOf(root: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no repository name`);
  return join(root, `${name}.git`);
}

function storedToken(path: string): string {
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain', ...headers });
  response.end(`${text}\n`);
}
