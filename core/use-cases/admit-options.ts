import { PatchbayError } from '#core/errors';
import type { SolveOptions } from '#core/job/options';
import { type Catalogue, findModel } from '#core/models';
import type { Installation } from '#core/ports/world';

/**
 * Options that can never work here are refused at once (422), naming what to change: more attempts than any permit
 * scope has slots (the job would wait for ever), and providers that this installation does not know.
 */
export function requirePossible(installation: Installation, catalogue: Catalogue, options: SolveOptions): void {
  const { user, tenant, install } = installation.permit_limits;
  const most = Math.min(user, tenant, install);
  if (options.attempts > most) {
    const message = `At most ${most} sandboxes may run at once here, ${options.attempts} are asked for.`;
    throw refusal('attempts', message, `Ask for ${most} or fewer attempts, or raise the permit limits.`);
  }
  const models = options.models ?? [installation.default_model];
  const unknown = models.find((model) => findModel(catalogue, model) === undefined);
  if (unknown === undefined) return;
  const names = catalogue.map(({ name }) => name).join(', ');
  throw refusal('models', `No provider for "${unknown}".`, `Choose a model of one of these providers: ${names}.`);
}

/** Model and strategy of each attempt: lists that are shorter than the attempts go round. */
export function planOf(installation: Installation, options: SolveOptions): Array<{ model: string; strategy: string }> {
  const { models = [installation.default_model], strategies = ['default'] } = options;
  return Array.from({ length: options.attempts }, (_, k) => ({
    model: models[k % models.length] ?? installation.default_model,
    strategy: strategies[k % strategies.length] ?? 'default',
  }));
}

function refusal(field: string, message: string, remedy: string): PatchbayError {
  return new PatchbayError('unprocessable', message, { remedy, fields: [{ field, message }] });
}
