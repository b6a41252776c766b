import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { gitService } from './git-command.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

/** What a request asks for, by git's own paths. */
export interface GitRequest {
  /** Without `.git` */
  repository: string;
  service: Service;
  advertise: boolean;
}

/** @returns undefined for anything that is not the smart protocol; the dumb one is not served. */
export function gitRequest(method: string, url: string): GitRequest | undefined {
  const { pathname, searchParams } = new URL(url, 'http://git');
  const [, repository, rest] =
    /^\/(.+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(pathname) ?? [];
  if (repository === undefined) return undefined;
  const advertise = method === 'GET' && rest === 'info/refs';
  const service = advertise ? searchParams.get('service') : method === 'POST' ? rest : undefined;
  if (service !== 'git-upload-pack' && service !== 'git-receive-pack') return undefined;
  return { repository: decodeURIComponent(repository), service, advertise };
}

/**
 * Serves one exchange of git's smart HTTP protocol by a stateless git process.
 * https://git-scm.com/docs/http-protocol
 */
export async function serveGit(
  request: IncomingMessage,
  response: ServerResponse,
  { service, advertise }: GitRequest,
  folder: string,
): Promise<void> {
  const protocol = request.headers['git-protocol'];
  const args = [service.replace('git-', ''), '--stateless-rpc', ...(advertise ? ['--advertise-refs'] : []), folder];
  const process = gitService(args, typeof protocol === 'string' ? { GIT_PROTOCOL: protocol } : {});
  const complaints: Buffer[] = [];
  process.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const kind = advertise ? 'advertisement' : 'result';
  response.writeHead(200, { 'content-type': `application/x-${service}-${kind}`, 'cache-control': 'no-cache' });
  // Version 2 advertises capabilities alone, and wants no service line before them.
  if (advertise && protocol !== 'version=2') response.write(`${packetLine(`# service=${service}\n`)}0000`);
  const input = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  const exited = new Promise<number | null>((resolve) => process.on('close', resolve));
  try {
    // Git may end before it has read everything; only its exit code says whether that was an error.
    await Promise.all([pipeline(input, process.stdin).catch(ignoreEarlyEnd), pipeline(process.stdout, response)]);
    const code = await exited;
    if (code !== 0) throw new Error(`git ${service} of ${folder}: ${Buffer.concat(complaints).toString().trim()}`);
  } finally {
    process.kill();
  }
}

function ignoreEarlyEnd(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
}

function packetLine(text: string): string {
  return `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;
}
