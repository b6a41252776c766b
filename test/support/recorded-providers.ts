import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = { status?: number; body: unknown };

/** Answers as the providers' published APIs give them to one call with the tool `bash`. */
export const recorded = {
  openai: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'bash', arguments: '{"command":"pwd"}' } }],
        },
      },
    ],
    usage: { prompt_tokens: 120, completion_tokens: 20, total_tokens: 140 },
  },
  anthropic: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-haiku-4-5',
    content: [{ type: 'tool_use', id: 'toolu_1', name: 'bash', input: { command: 'pwd' } }],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 500, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 100 },
  },
  bedrock: {
    output: {
      message: {
        role: 'assistant',
        content: [{ toolUse: { toolUseId: 't1', name: 'bash', input: { command: 'pwd' } } }],
      },
    },
    stopReason: 'tool_use',
    usage: { inputTokens: 500, outputTokens: 100, totalTokens: 600 },
  },
};

export interface RecordedProviders {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Path → what it answers from now on. */
  answers: Map<string, Answer>;
  /** What was asked, in order. */
  asked: Array<{ path: string; headers: Record<string, unknown>; body: string }>;
  stop(): Promise<void>;
}

/** A server on loopback in the place of the providers; unknown paths answer 404 as Ollama does. */
export async function recordedProviders(): Promise<RecordedProviders> {
  const answers = new Map<string, Answer>();
  const asked: RecordedProviders['asked'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = decodeURIComponent(request.url ?? '');
    asked.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    const { status = 200, body } = answers.get(path) ?? { status: 404, body: '404 page not found' };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
