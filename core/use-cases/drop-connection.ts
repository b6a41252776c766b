import type { World } from '#core/ports/world';

/** The socket is closed. Best effort on AWS: a push that meets a closed socket removes the row too. */
export async function dropConnection(world: Pick<World, 'connections'>, id: string): Promise<void> {
  await world.connections.remove(id);
}
