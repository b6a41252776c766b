import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type Expression, expression, type UpdateParts, updateExpression } from './expression.ts';
import type { Key } from './keys.ts';

export type Item = Record<string, unknown>;

interface QueryOptions {
  /** Given: eventually consistent. Absent: the table itself, read strongly. */
  index?: string;
  condition(e: Expression): string;
  /** Ascending unless true. */
  newestFirst?: boolean;
  limit?: number;
  startAfter?: Item;
}

/**
 * One table, strongly consistent, by single items. A failed condition is an answer (`false`, `undefined`), not an
 * error, and carries no item: not every DynamoDB returns it, so whoever needs the row reads it again.
 */
export interface DynamoTable {
  get(key: Key): Promise<Item | undefined>;
  /** Rows of these keys, in no order; missing ones are left out. */
  getAll(keys: Key[]): Promise<Item[]>;
  put(item: Item): Promise<void>;
  /** False: the condition (by default: that there is none) does not hold. */
  putIf(item: Item, condition?: (e: Expression) => string): Promise<boolean>;
  /** The row after it, or undefined when `when` does not hold. */
  update(key: Key, parts: (e: Expression) => UpdateParts): Promise<Item | undefined>;
  /** The row as it was, or undefined when there was none. */
  take(key: Key): Promise<Item | undefined>;
  remove(key: Key): Promise<void>;
  /** All pages, up to `limit` items. */
  query(options: QueryOptions): Promise<Item[]>;
  /** All entries of an index. */
  scan(index: string): Promise<Item[]>;
}

export function dynamoTable(client: DynamoDBDocumentClient, TableName: string): DynamoTable {
  return {
    async get(Key) {
      return (await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
    },
    getAll: (keys) => getAll(client, TableName, keys),
    async put(Item) {
      await client.send(new PutCommand({ TableName, Item }));
    },
    async putIf(Item, condition = (e) => `attribute_not_exists(${e.name('pk')})`) {
      const e = expression();
      const ConditionExpression = condition(e);
      return (
        (await ifHolds(client.send(new PutCommand({ TableName, Item, ConditionExpression, ...e.placeholders() })))) !==
        undefined
      );
    },
    async update(Key, parts) {
      const e = expression();
      const update = parts(e);
      const answer = await ifHolds(
        client.send(
          new UpdateCommand({
            TableName,
            Key,
            UpdateExpression: updateExpression(update),
            ConditionExpression: update.when,
            ...e.placeholders(),
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      return answer?.Attributes;
    },
    async take(Key) {
      return (await client.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }))).Attributes;
    },
    async remove(Key) {
      await client.send(new DeleteCommand({ TableName, Key }));
    },
    query: (options) => query(client, TableName, options),
    scan: (index) => scan(client, TableName, index),
  };
}

async function query(client: DynamoDBDocumentClient, TableName: string, options: QueryOptions): Promise<Item[]> {
  const { index, newestFirst = false, limit = Number.POSITIVE_INFINITY } = options;
  const e = expression();
  const KeyConditionExpression = options.condition(e);
  const items: Item[] = [];
  let start = options.startAfter;
  do {
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression,
        ...e.placeholders(),
        ...(index === undefined ? { ConsistentRead: true } : { IndexName: index }),
        ScanIndexForward: !newestFirst,
        ...(Number.isFinite(limit) && { Limit: limit - items.length }),
        ...(start && { ExclusiveStartKey: start }),
      }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start && items.length < limit);
  return items;
}

async function scan(client: DynamoDBDocumentClient, TableName: string, IndexName: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName, IndexName, ...(start && { ExclusiveStartKey: start }) }),
    );
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

/** BatchGetItem takes 100 keys, and hands back those that it had no room for. */
async function getAll(client: DynamoDBDocumentClient, TableName: string, keys: Key[]): Promise<Item[]> {
  const items: Item[] = [];
  let open: Item[] = keys;
  while (open.length > 0) {
    const page = await client.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys: open.slice(0, 100), ConsistentRead: true } } }),
    );
    items.push(...(page.Responses?.[TableName] ?? []));
    open = [...(page.UnprocessedKeys?.[TableName]?.Keys ?? []), ...open.slice(100)];
  }
  return items;
}

async function ifHolds<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
