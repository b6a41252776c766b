import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type Addresses,
  type Assembly,
  type Count,
  type Credentials,
  type JsonObject,
  type Lambdas,
  type Resource,
  ServiceError,
  type StreamSink,
} from '#local/parts';
import { compileCacheOf, dropOldCaches } from './compile-cache.ts';
import { limitEnvironments } from './environment-limit.ts';
import { FunctionPool } from './function-pool.ts';
import { memorySize, processEnvironment, timeout } from './process-environment.ts';

export interface LambdasOptions {
  assembly: Assembly;
  addresses: Addresses;
  credentialsFor(roleArn: string): Credentials;
  count: Count;
  log(functionName: string, line: string): void;
  /** Processes per function; 2 unless given, 16 for a function with a Function URL (each waits for a model). */
  maxPerFunction?: number;
  /** Other limits, by logical id or name. */
  maxFor?: Record<string, number>;
  stateDir: string;
  extraEnvironment?: Record<string, string>;
  /** ms after which an idle process is stopped; a minute unless given. */
  idleMs?: number;
}

/** How often memory is looked at; a function that grows faster is stopped late, as the heap limit stops it first. */
const TEND_MS = 500;
const IDLE_MS = 60_000;
const SURPLUS_IDLE_MS = 15_000;
const MAX_PER_FUNCTION = 2;
const MAX_WITH_URL = 16;

/**
 * Makes the functions of the template invocable. Processes start with the first invocation.
 * @throws Error when a function has more environment than Lambda takes
 */
export async function startLambdas(options: LambdasOptions): Promise<Lambdas> {
  const { assembly } = options;
  limitEnvironments(assembly);
  dropOldCaches(options.stateDir, assembly.byType('AWS::Lambda::Function'));
  const pools = new Map<string, FunctionPool>();
  let invocations = 0;
  let resident = 0;
  const all = () => [...pools.values()];
  const sum = (of: (pool: FunctionPool) => number) => all().reduce((total, pool) => total + of(pool), 0);
  const tending = setInterval(() => {
    void Promise.all(all().map((pool) => pool.tend())).then((sizes) => {
      resident = sizes.reduce((total, size) => total + size, 0);
    });
  }, TEND_MS);
  tending.unref();

  function poolFor(functionArn: string): FunctionPool {
    const resource = assembly.find('AWS::Lambda::Function', functionArn);
    const pool = pools.get(resource.logicalId) ?? createPool(resource, options);
    pools.set(resource.logicalId, pool);
    return pool;
  }

  return {
    async invoke(functionArn, payload) {
      const pool = poolFor(functionArn);
      invocations++;
      const text = new BufferedStream();
      const result = await pool.invoke(functionArn, payload, text);
      return result.functionError || !text.used ? result : { payload: text.body };
    },
    async invokeStreaming(functionArn, payload, sink) {
      const pool = poolFor(functionArn);
      invocations++;
      return pool.invoke(functionArn, payload, sink);
    },
    idleSlots: (functionArn) => poolFor(functionArn).idleSlots,
    stats: () => ({
      processes: sum((pool) => pool.processCount),
      residentBytes: resident,
      coldStarts: sum((pool) => pool.coldStarts),
      invocations,
      pids: all().flatMap((pool) => pool.pids),
    }),
    async stop() {
      clearInterval(tending);
      await Promise.all(all().map((pool) => pool.stop()));
    },
  };
}

function createPool(resource: Resource, options: LambdasOptions): FunctionPool {
  const { assembly, addresses, count, stateDir } = options;
  const { name, properties } = resource;
  refuseUnknown(resource);
  const home = join(stateDir, 'lambda-home');
  mkdirSync(home, { recursive: true });
  const taskRoot = codeFolder(resource, assembly, stateDir);
  const credentials = options.credentialsFor(String(properties.Role));
  const gigabytes = memorySize(resource) / 1024;
  let started = 0;
  return new FunctionPool({
    taskRoot,
    environment: (runtimeApi) =>
      processEnvironment({
        function: resource,
        taskRoot,
        home,
        logStream: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${++started}`,
        runtimeApi,
        addresses,
        credentials,
        compileCache: compileCacheOf(stateDir, resource),
        extra: options.extraEnvironment ?? {},
      }),
    timeoutMs: timeout(resource),
    memoryMb: memorySize(resource),
    cap: capOf(resource, options),
    idleMs: options.idleMs ?? IDLE_MS,
    surplusIdleMs: Math.min(options.idleMs ?? IDLE_MS, SURPLUS_IDLE_MS),
    log: (line) => options.log(name, line),
    billed(milliseconds) {
      count({ item: 'lambda:Request', units: 1, by: name });
      count({ item: 'lambda:GB-Second', units: (milliseconds / 1000) * gigabytes, by: name });
    },
  });
}

/** @throws on what a function may ask for on AWS and would not get here. */
function refuseUnknown({ name, properties }: Resource): void {
  const layers = properties.Layers;
  if (Array.isArray(layers) && layers.length > 0) throw invalid(`${name} names layers, which do not exist here`);
  if (!String(properties.Runtime).startsWith('nodejs')) throw invalid(`${name} wants ${properties.Runtime}, not Node`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidRuntimeException', message, 502);
}

function capOf(
  resource: Resource,
  { assembly, maxFor = {}, maxPerFunction = MAX_PER_FUNCTION }: LambdasOptions,
): number {
  const given = maxFor[resource.logicalId] ?? maxFor[resource.name];
  if (given !== undefined) return given;
  const target = ({ properties }: Resource) => String(properties.TargetFunctionArn);
  const urls = assembly.byType('AWS::Lambda::Url').map(target);
  const hasUrl = urls.some((arn) => assembly.find('AWS::Lambda::Function', arn) === resource);
  return hasUrl ? Math.max(MAX_WITH_URL, maxPerFunction) : maxPerFunction;
}

/** The asset folder; inline code is written out first, as `index.js`, which is what AWS makes of it. */
function codeFolder({ name, properties }: Resource, assembly: Assembly, stateDir: string): string {
  const { S3Key, ZipFile } = (properties.Code ?? {}) as JsonObject;
  if (typeof S3Key === 'string') return assembly.assetFolder(S3Key);
  if (typeof ZipFile !== 'string') throw invalid(`${name} has neither an asset nor inline code`);
  const folder = join(stateDir, 'inline', createHash('sha256').update(ZipFile).digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
  writeFileSync(join(folder, 'index.js'), ZipFile);
  return folder;
}

/** A streamed answer to a caller that did not ask for one: the body as a whole, the prelude dropped. */
class BufferedStream implements StreamSink {
  used = false;
  readonly #chunks: Uint8Array[] = [];

  prelude(): void {
    this.used = true;
  }

  chunk(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
  }

  get body(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
