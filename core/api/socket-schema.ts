import * as z from 'zod';
import { ClientMessage, ServerMessage } from './views.ts';

/** The messages of the socket as JSON Schema 2020-12: what a client sends, what it hears. */
export function socketSchema(): Record<string, unknown> {
  const { $schema, ...client } = z.toJSONSchema(ClientMessage, { io: 'input' });
  const { $schema: _, ...server } = z.toJSONSchema(ServerMessage, { io: 'output' });
  return {
    $schema,
    title: 'Patchbay socket messages',
    description: 'Apply an event only when its seq is the last one’s + 1, else sync. Ignore types you do not know.',
    $defs: { ClientMessage: client, ServerMessage: server },
  };
}
