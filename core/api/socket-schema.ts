import { answerSchema, requestSchema } from './json-schema.ts';
import { ClientMessage, ServerMessage } from './socket-messages.ts';

/** The messages of the socket as JSON Schema 2020-12: what a client sends, what it hears. */
export function socketSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Patchbay socket messages',
    description: 'Apply an event only when its seq is the last one’s + 1, else sync. Ignore types you do not know.',
    anyOf: [{ $ref: '#/$defs/ClientMessage' }, { $ref: '#/$defs/ServerMessage' }],
    $defs: { ClientMessage: requestSchema(ClientMessage), ServerMessage: answerSchema(ServerMessage) },
  };
}
