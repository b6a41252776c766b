import { delimiter, dirname } from 'node:path';

import { hostCertificates } from '#local/host-certificates';
import { hostProxy } from '#local/host-proxy';
import { type Addresses, type Credentials, type JsonObject, REGION, type Resource } from '#local/parts';
import { variablesOf } from './environment-limit.ts';

export interface ProcessEnvironment {
  function: Resource;
  /** Where the handler lies. */
  taskRoot: string;
  /** An existing empty folder: without HOME the SDK asks the system for it, and finds `~/.aws`. */
  home: string;
  logStream: string;
  /** `host:port` of this process's own Runtime API. */
  runtimeApi: string;
  addresses: Pick<Addresses, 'sdk' | 's3'>;
  credentials: Credentials;
  /** Where V8 keeps compiled code. The handler does not see it: the preloaded shim takes it away. */
  compileCache: string;
  extra: Record<string, string>;
}

/**
 * The whole environment of a function process, made from nothing: a variable of the developer's shell that reached a
 * handler would be a difference from the cloud.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function processEnvironment(options: ProcessEnvironment): Record<string, string> {
  const { properties, name } = options.function;
  const variables = Object.entries(variablesOf(options.function)).map(([key, value]) => [key, String(value)] as const);
  return {
    ...options.extra,
    ...nodeCertificates(),
    ...hostProxy(),
    ...Object.fromEntries(variables),
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: options.home,
    TMPDIR: options.home,
    LAMBDA_TASK_ROOT: options.taskRoot,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    _HANDLER: String(properties.Handler ?? ''),
    AWS_EXECUTION_ENV: `AWS_Lambda_${String(properties.Runtime ?? '')}`,
    AWS_LAMBDA_RUNTIME_API: options.runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize(options.function)),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup(options.function),
    AWS_LAMBDA_LOG_STREAM_NAME: options.logStream,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: options.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
    AWS_ENDPOINT_URL: options.addresses.sdk,
    AWS_ENDPOINT_URL_S3: options.addresses.s3,
    AWS_EC2_METADATA_DISABLED: 'true',
    NODE_COMPILE_CACHE: options.compileCache,
    ...logFormat(properties),
  };
}

/** Read by Node itself: what a function calls outside is behind the same network as this machine. */
function nodeCertificates(): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS: path } = hostCertificates();
  return path === undefined ? {} : { NODE_EXTRA_CA_CERTS: path };
}

/** MB; 128 where the template says nothing. */
export function memorySize({ properties }: Resource): number {
  return Number(properties.MemorySize ?? 128);
}

/** ms; 3 s where the template says nothing. */
export function timeout({ properties }: Resource): number {
  return Number(properties.Timeout ?? 3) * 1000;
}

function logGroup({ properties, name }: Resource): string {
  const logging = properties.LoggingConfig as { LogGroup?: string } | undefined;
  return logging?.LogGroup ?? `/aws/lambda/${name}`;
}

function logFormat(properties: JsonObject): Record<string, string> {
  const logging = properties.LoggingConfig as { LogFormat?: string; ApplicationLogLevel?: string } | undefined;
  if (logging?.LogFormat !== 'JSON') return {};
  return { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: logging.ApplicationLogLevel ?? 'INFO' };
}
