import { ACCOUNT, type Assembly, type JsonObject, REGION, type Resource, ServiceError } from '#local/parts';

/** One item's attributes on the wire: `{name: {S: 'x'}}`. */
export type Item = Record<string, JsonObject>;

/** A table of the template, as far as calls and their bill depend on it. */
export interface TableShape {
  partitionKey: string;
  keys: string[];
  indexes: { name: string; keys: string[]; projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'; included: string[] }[];
}

export function tableShapes(assembly: Assembly): Map<string, TableShape> {
  const tables = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'].flatMap((type) => assembly.byType(type));
  return new Map(tables.map((table) => [table.name, shapeOf(table)]));
}

function shapeOf({ properties }: Resource): TableShape {
  const keys = keyNames(properties);
  const indexes = ((properties.GlobalSecondaryIndexes ?? []) as JsonObject[]).map((index) => {
    const projection = (index.Projection ?? { ProjectionType: 'ALL' }) as JsonObject;
    return {
      name: String(index.IndexName),
      keys: keyNames(index),
      projection: projection.ProjectionType as TableShape['indexes'][number]['projection'],
      included: (projection.NonKeyAttributes ?? []) as string[],
    };
  });
  return { partitionKey: keys[0] ?? '', keys, indexes };
}

/** The partition key first. */
function keyNames(of: JsonObject): string[] {
  const schema = [...((of.KeySchema ?? []) as JsonObject[])];
  return schema
    .sort((a, b) => String(a.KeyType).localeCompare(String(b.KeyType)))
    .map((key) => String(key.AttributeName));
}

export function tableArn(name: string, index?: string): string {
  const arn = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`;
  return index === undefined ? arn : `${arn}/index/${index}`;
}

/** A TableName may be an ARN. */
export function tableName(nameOrArn: unknown): string {
  return String(nameOrArn).replace(/^arn:aws:dynamodb:[^:]*:\d*:table\//, '');
}

/** The values of `dynamodb:LeadingKeys` for items or keys that a request names. */
export function leadingKeys(items: Item[], shape: TableShape | undefined): string[] {
  if (!shape) return [];
  return items.map((item) => scalar(item[shape.partitionKey]));
}

/**
 * The partition keys that a Query asks for: what its condition compares the key of the table, or of the index, with.
 * @throws ServiceError if it cannot be read: a policy on leading keys would then let the query through
 */
export function queriedKeys(input: JsonObject, shape: TableShape | undefined): string[] {
  const index = shape?.indexes.find(({ name }) => name === input.IndexName);
  const key = input.IndexName === undefined ? shape?.partitionKey : index?.keys[0];
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>;
  const values = (input.ExpressionAttributeValues ?? {}) as Item;
  const comparisons = String(input.KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g);
  const keys = [...comparisons]
    .filter(([, name = '']) => (names[name] ?? name) === key)
    .map(([, , value = '']) => scalar(values[value]));
  if (shape && keys.length === 0) {
    throw new ServiceError(
      'ValidationException',
      `the local stack does not see which ${key ?? 'key'} the query asks for`,
    );
  }
  return keys;
}

function scalar(value: JsonObject | undefined): string {
  return String(value?.S ?? value?.N ?? value?.B ?? '');
}
