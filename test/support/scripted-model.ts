import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** One answer of a scripted model: a command to run, plain text, an HTTP error, raw bytes, silence until released, or a later answer. */
export type Turn =
  | { command: string; thought?: string }
  | { text: string }
  | { status: number; headers?: Record<string, string> }
  | { raw: string }
  | { wait: Promise<unknown>; next: Turn }
  | { afterMs: number; next: Turn };

export interface ScriptedModel {
  /** Of the OpenAI-compatible API. */
  baseUrl: string;
  /** Host and port. */
  host: string;
  /** Adds a model of this name that answers with these turns, in order, then with the last one for ever. Each call counts. */
  script(name: string, turns: Turn[]): void;
  /** Calls that a model has had. */
  calls(name: string): number;
  /** When each of its calls came, in ms since the epoch. */
  times(name: string): number[];
  stop(): Promise<void>;
}

/** An OpenAI-compatible server on loopback that says what a test tells it to. */
export async function startScriptedModel(): Promise<ScriptedModel> {
  const scripts = new Map<string, { turns: Turn[]; times: number[] }>();
  const server = createServer((request, response) => {
    void body(request).then(async (text) => {
      const { model } = JSON.parse(text) as { model: string };
      const script = scripts.get(model);
      if (!script) return reply(response, 404, { error: { message: `no script ${model}` } });
      const turn = script.turns[Math.min(script.times.length, script.turns.length - 1)];
      script.times.push(Date.now());
      if (turn) await play(response, turn, model, script.times.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    host: `127.0.0.1:${port}`,
    script: (name, turns) => void scripts.set(name, { turns, times: [] }),
    calls: (name) => scripts.get(name)?.times.length ?? 0,
    times: (name) => scripts.get(name)?.times ?? [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function play(response: ServerResponse, turn: Turn, model: string, call: number): Promise<void> {
  if ('wait' in turn) {
    await turn.wait;
    return play(response, turn.next, model, call);
  }
  if ('afterMs' in turn) {
    await setTimeout(turn.afterMs);
    return play(response, turn.next, model, call);
  }
  if ('status' in turn)
    return reply(response, turn.status, { error: { message: `scripted ${turn.status}` } }, turn.headers);
  if ('raw' in turn) return void response.writeHead(200, { 'content-type': 'application/json' }).end(turn.raw);
  const message =
    'text' in turn
      ? { role: 'assistant', content: turn.text }
      : { role: 'assistant', content: turn.thought ?? 'As scripted.', tool_calls: [toolCall(turn.command, call)] };
  reply(response, 200, {
    id: `scripted-${call}`,
    object: 'chat.completion',
    model,
    choices: [{ index: 0, finish_reason: 'text' in turn ? 'stop' : 'tool_calls', message }],
    usage: { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 },
  });
}

function toolCall(command: string, call: number) {
  return { id: `call_${call}`, type: 'function', function: { name: 'bash', arguments: JSON.stringify({ command }) } };
}

function reply(response: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function body(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
