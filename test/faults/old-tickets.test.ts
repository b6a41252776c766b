import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startJourney } from '../support/journey.ts';
import { openWithTicket } from '../support/open-socket.ts';

it('refuses a ticket that nobody used in its thirty seconds', async () => {
  const journey = await startJourney();
  try {
    const { id } = await journey.api.call('createSession', { body: {} });
    const { ticket, expires_at } = await journey.api.call('createTicket', { body: { session_id: id } });
    await eventually('the ticket has expired', () => Date.parse(expires_at) < Date.now(), 40);

    await expect(openWithTicket(journey.stack.socketUrl, ticket)).rejects.toThrow('refused');
  } finally {
    await journey.stop();
  }
});
