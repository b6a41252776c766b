import { handleCallback } from '#core/use-cases/handle-callback';
import { httpEntry } from '#functions/runtime/http-entry';
import { type CallbacksWorld, callbacksWorld } from './callbacks-world.ts';

export const handler = httpEntry<CallbacksWorld, 'callbacks'>(
  {
    handlers: {
      callback: async (world, { params, caller, body }) => {
        const input = { attempt_id: params.attempt_id, token: caller.token, request: body };
        return { body: await handleCallback(world, input) };
      },
    },
  },
  callbacksWorld,
);
