import type { Catalogue } from '#core/models';
import type { World } from '#core/ports/world';

/** What may be asked for, with prices; without what only the gateway needs (addresses, names of keys). */
export function listModels(world: Pick<World, 'installation'> & { catalogue: Catalogue }) {
  return {
    default_model: world.installation.default_model,
    providers: world.catalogue.map(({ name, kind, models }) => ({ name, kind, models })),
  };
}
