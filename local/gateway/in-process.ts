import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import type { Forwarded } from './engine-call.ts';
import type { Reply } from './exchange.ts';

/**
 * Hands a request to a server of this process without a connection. A table's engine is asked two or three times for each
 * call of the SDK, and on loopback the way there and back took longer than its work. For a server whose handler needs no
 * more of request and response than what is made here.
 */
export function callServer(server: Server, { method, url, headers, body }: Forwarded): Promise<Reply> {
  return new Promise((resolve) => {
    const answered: Record<string, string> = {};
    const response = {
      statusCode: 200,
      setHeader(name: string, value: string | number) {
        answered[name.toLowerCase()] = String(value);
      },
      end(text = '') {
        resolve({ status: response.statusCode, headers: answered, body: Buffer.from(text) });
      },
    };
    const request = Object.assign(new EventEmitter(), { method, url, headers });
    server.emit('request', request, response);
    request.emit('data', body);
    request.emit('end');
  });
}
