import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';

const job = 'the-job';
const total = 12;
const pageSize = 5;
let server: Server | undefined;
afterEach(() => server?.close());

it('the documented client asks on at once while there is more, and leaves the events of other jobs alone', async () => {
  const { url, asked } = await anApiWithALongLog();

  const lines = await run(`http://${url}`, `ws://${url}`);

  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(Array.from({ length: total }, (_, n) => n + 1));
  expect(asked).toEqual([0, 5, 10]);
});

/** Answers what a client needs to be told; its log is longer than what one sync answers. */
async function anApiWithALongLog() {
  const asked: number[] = [];
  const http = createServer((_, response) => {
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 'some-id', ticket: 'some-ticket', job: { id: job } }));
  });
  new WebSocketServer({ server: http }).on('connection', (socket) => {
    socket.on('message', (text) => {
      const { after } = JSON.parse(String(text)) as { after: number };
      asked.push(after);
      socket.send(anEvent('another-job', after + 1));
      const last = Math.min(total, after + pageSize);
      for (let seq = after + 1; seq <= last; seq += 1) socket.send(anEvent(job, seq));
      socket.send(JSON.stringify({ type: 'synced', job_id: job, seq: total, data: { more: last < total } }));
    });
  });
  server = http;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { url: `127.0.0.1:${(http.address() as AddressInfo).port}`, asked };
}

function anEvent(job_id: string, seq: number): string {
  const status = job_id === job && seq === total ? 'awaiting_review' : 'running';
  return JSON.stringify({ type: 'event', job_id, seq, data: { seq, type: 'job_status', data: { status } } });
}

async function run(api: string, socket: string): Promise<string[]> {
  const client = fileURLToPath(new URL('../../../docs/api/client.mjs', import.meta.url));
  const args = [client, api, socket, 'token', 'https://git.example.com/a.git', 'Title'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 15_000 });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  await new Promise((resolve) => child.on('exit', resolve));
  return text.trim().split('\n');
}
