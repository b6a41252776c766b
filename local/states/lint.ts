import type { JsonObject } from '#local/parts';

export function lintDefinition(_definition: JsonObject): string[] {
  return [];
}
