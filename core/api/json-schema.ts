import * as z from 'zod';

type JsonSchema = Record<string, unknown>;
export type Named = z.core.$ZodRegistry<{ id: string }>;

/** What a client sends: unknown fields are refused, as the schema says. */
export function requestSchema(schema: z.ZodType): JsonSchema {
  return withoutIds(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: plainNumbers }));
}

/**
 * What a client reads. Zod closes each object; here they stay open, or a validator or generated client would refuse the
 * answers of the next version, which may have a field more.
 */
export function answerSchema(schema: z.ZodType): JsonSchema {
  return withoutIds(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', override: openObjects }));
}

/** As `answerSchema`, of all schemas that have a name: they refer to each other by it. */
export function answerSchemas(named: Named): Record<string, JsonSchema> {
  const uri = (id: string) => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(named, { uri, io: 'output', unrepresentable: 'any', override: openObjects });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)]));
}

type Overridden = { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema };

function openObjects(found: Overridden): void {
  plainNumbers(found);
  if (found.jsonSchema.additionalProperties === false) delete found.jsonSchema.additionalProperties;
}

/** Zod bounds every integer by what JavaScript can count to: no limit of this API. */
function plainNumbers({ jsonSchema }: Overridden): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function withoutIds(schema: object): JsonSchema {
  const { $id: _, $schema: __, ...rest } = schema as JsonSchema;
  return rest;
}
