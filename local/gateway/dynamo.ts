import { createRequire } from 'node:module';
import { type JsonObject, ServiceError } from '#local/parts';
import {
  type Item,
  leadingKeys,
  queriedKeys,
  type TableShape,
  tableArn,
  tableName,
  tableShapes,
} from './dynamo-keys.ts';
import { indexUnits, writeUnits } from './dynamo-units.ts';
import { callEngine } from './engine-call.ts';
import type { Reply } from './exchange.ts';
import { authorize, type Backstage, notMapped, type SdkCall, type SdkService } from './sdk-call.ts';

/** What a request touches in one table. */
interface Touched {
  table: string;
  index?: string;
  /** Values for `dynamodb:LeadingKeys`; undefined where AWS sets none. */
  leading?: string[];
}

type Tables = Map<string, TableShape>;

const READS = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);

/** DynamoDB's data plane in front of dynalite: access, what dynalite would ignore in silence, and the bill. */
export function dynamoService(backstage: Backstage): SdkService {
  const tables = tableShapes(backstage.assembly);
  return async (call) => {
    const { operation, input } = call;
    if (!READS.has(operation) && !WRITES.has(operation) && operation !== 'DescribeTable') {
      throw notMapped('dynamodb', operation);
    }
    for (const { table, index, leading } of touched(operation, input, tables)) {
      const context = leading && leading.length > 0 ? { 'dynamodb:LeadingKeys': leading } : undefined;
      authorize(backstage, call, `dynamodb:${operation}`, tableArn(table, index), context);
    }
    refuseIgnoredFields(operation, input);
    if (READS.has(operation)) return await read(backstage, call);
    if (WRITES.has(operation)) return await write(backstage, tables, call);
    return await send(backstage, call, input);
  };
}

function touched(operation: string, input: JsonObject, tables: Tables): Touched[] {
  if (operation === 'BatchGetItem' || operation === 'BatchWriteItem') {
    return Object.entries((input.RequestItems ?? {}) as JsonObject).map(([name, requests]) => {
      const table = tableName(name);
      return { table, leading: leadingKeys(batchItems(requests), tables.get(table)) };
    });
  }
  const table = tableName(input.TableName);
  const shape = tables.get(table);
  const index = input.IndexName === undefined ? {} : { index: String(input.IndexName) };
  if (operation === 'Query') return [{ table, ...index, leading: queriedKeys(input, shape) }];
  const item = (input.Item ?? input.Key) as Item | undefined;
  return [{ table, ...index, ...(item && { leading: leadingKeys([item], shape) }) }];
}

/** The items or keys of one table in a batch, of reading or of writing. */
function batchItems(requests: unknown): Item[] {
  if (!Array.isArray(requests)) return (requests as { Keys?: Item[] }).Keys ?? [];
  return (requests as { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }[]).map(
    ({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {},
  );
}

const engineFiles = createRequire(import.meta.url);

/** dynalite drops fields it does not know; code that relies on one would work here and fail, or differ, on AWS. */
function refuseIgnoredFields(operation: string, input: JsonObject): void {
  const file = `dynalite/validations/${operation[0]?.toLowerCase()}${operation.slice(1)}`;
  const { types } = engineFiles(file) as { types: Record<string, unknown> };
  for (const [field, value] of Object.entries(input)) {
    if (field in types || value === 'NONE') continue;
    if (operation === 'Scan' && field === 'ConsistentRead') continue; // the engine is always consistent
    throw new ServiceError('ValidationException', `the local stack does not honour ${field} of dynamodb:${operation}`);
  }
}

/** Reads are counted by the engine's own figure, which is taken out again where the caller did not ask for it. */
async function read(backstage: Backstage, call: SdkCall): Promise<Reply> {
  const { operation, input } = call;
  const asked = input.ReturnConsumedCapacity !== undefined && input.ReturnConsumedCapacity !== 'NONE';
  const reply = await send(backstage, call, asked ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' });
  if (reply.status !== 200) return reply;
  const { ConsumedCapacity, ...rest } = JSON.parse(reply.body.toString()) as JsonObject;
  const consumed = [ConsumedCapacity ?? []].flat() as { CapacityUnits: number }[];
  const units = consumed.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  backstage.count({ item: `dynamodb:${operation}`, units, by: call.by });
  return asked ? reply : { ...reply, body: Buffer.from(JSON.stringify(rest)) };
}

/** Writes are counted by the items before and after: the engine's figure leaves the indexes out. */
async function write(backstage: Backstage, tables: Tables, call: SdkCall): Promise<Reply> {
  const { operation, input } = call;
  const changes = changesOf(operation, input, tables);
  const before = await Promise.all(changes.map(({ table, key }) => fetchItem(backstage, table, key)));
  const reply = await send(backstage, call, input);
  const written = reply.status === 200;
  const told = written ? toldAfter(call, reply) : undefined;
  const after = written
    ? await Promise.all(changes.map(({ table, key, item }) => item ?? told ?? fetchItem(backstage, table, key)))
    : before;
  const conditionFailed = reply.body.includes('ConditionalCheckFailedException');
  if (!written && !conditionFailed) return reply;
  changes.forEach(({ shape }, i) => {
    backstage.count({ item: `dynamodb:${operation}`, units: writeUnits(before[i], after[i]), by: call.by });
    const units = indexUnits(shape, before[i], after[i]);
    if (units > 0) backstage.count({ item: 'dynamodb:IndexWrite', units, by: call.by });
  });
  return reply;
}

/** The item after an update, where the caller asked for it: then the engine need not be asked again. */
function toldAfter({ operation, input }: SdkCall, { body }: Reply): Item | undefined {
  if (operation !== 'UpdateItem' || input.ReturnValues !== 'ALL_NEW') return undefined;
  return (JSON.parse(body.toString()) as { Attributes?: Item }).Attributes;
}

/** One changed item; `item` where the request itself says what it becomes. */
interface Change {
  table: string;
  shape: TableShape;
  key: Item;
  item?: Item;
}

function changesOf(operation: string, input: JsonObject, tables: Tables): Change[] {
  const requests = operation === 'BatchWriteItem' ? ((input.RequestItems ?? {}) as JsonObject) : undefined;
  const named: [string, Item, boolean][] = requests
    ? Object.entries(requests).flatMap(([table, list]) =>
        batchItems(list).map((item, i): [string, Item, boolean] => [table, item, isPut(list, i)]),
      )
    : [[String(input.TableName), (input.Item ?? input.Key ?? {}) as Item, operation === 'PutItem']];
  return named.flatMap(([nameOrArn, item, put]) => {
    const table = tableName(nameOrArn);
    const shape = tables.get(table);
    if (!shape) return [];
    const key = Object.fromEntries(shape.keys.flatMap((name) => (item[name] ? [[name, item[name]]] : [])));
    return [{ table, shape, key, ...(put && { item }) }];
  });
}

function isPut(requests: unknown, i: number): boolean {
  return 'PutRequest' in ((requests as JsonObject[])[i] ?? {});
}

/** A malformed key has no item: the engine itself then answers the caller. */
async function fetchItem({ engines }: Backstage, table: string, key: Item): Promise<Item | undefined> {
  try {
    const found = await callEngine(engines, 'dynamodb', 'GetItem', {
      TableName: table,
      Key: key,
      ConsistentRead: true,
    });
    return found.Item as Item | undefined;
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

async function send({ engines }: Backstage, { request, operation }: SdkCall, input: JsonObject): Promise<Reply> {
  const renamed = { ...input, ...(input.TableName !== undefined && { TableName: tableName(input.TableName) }) };
  if (operation === 'Scan') delete (renamed as JsonObject).ConsistentRead;
  const reply = await engines.dynamo({
    method: request.method,
    url: '/',
    headers: request.headers,
    body: Buffer.from(JSON.stringify(renamed)),
  });
  delete reply.headers['x-amz-crc32']; // of a body that is changed here at times
  return reply;
}
