import type { Assembly, JsonObject } from '#local/parts';
import { ServiceError } from '#local/parts';
import { type Reply, xmlError } from './exchange.ts';
import type { S3Request } from './s3-access.ts';

interface CorsRule {
  origins: string[];
  methods: string[];
  headers: string[];
  exposed: string[];
  maxAge?: number;
}

/** The cross-origin rules of a bucket in the template. */
function rulesOf(assembly: Assembly, bucket: string): CorsRule[] {
  const found = assembly.byType('AWS::S3::Bucket').find(({ name }) => name === bucket);
  const configuration = (found?.properties.CorsConfiguration ?? {}) as JsonObject;
  return ((configuration.CorsRules ?? []) as JsonObject[]).map((rule) => ({
    origins: (rule.AllowedOrigins ?? []) as string[],
    methods: (rule.AllowedMethods ?? []) as string[],
    headers: ((rule.AllowedHeaders ?? []) as string[]).map((name) => name.toLowerCase()),
    exposed: (rule.ExposedHeaders ?? []) as string[],
    ...(rule.MaxAge !== undefined && { maxAge: Number(rule.MaxAge) }),
  }));
}

/** At most one `*` in a pattern, as in CORS configurations. */
function fits(pattern: string, value: string): boolean {
  const [start = '', end] = pattern.split('*');
  return end === undefined
    ? pattern === value
    : value.startsWith(start) && value.endsWith(end) && value.length >= start.length + end.length;
}

/** Response headers for a request with an Origin; none if no rule allows it. */
export function corsHeaders(
  assembly: Assembly,
  { bucket, headers }: S3Request,
  method: string,
): Record<string, string> {
  const { origin } = headers;
  if (!origin) return {};
  const asked = (headers['access-control-request-headers'] ?? '').toLowerCase().split(/,\s*/).filter(Boolean);
  const rule = rulesOf(assembly, bucket).find(
    (one) =>
      one.origins.some((pattern) => fits(pattern, origin)) &&
      one.methods.includes(method) &&
      asked.every((name) => one.headers.some((pattern) => fits(pattern, name))),
  );
  if (!rule) return {};
  const everyone = rule.origins.includes('*');
  return {
    'access-control-allow-origin': everyone ? '*' : origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(!everyone && { 'access-control-allow-credentials': 'true' }),
    ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
    ...(rule.exposed.length > 0 && { 'access-control-expose-headers': rule.exposed.join(', ') }),
    ...(rule.maxAge !== undefined && { 'access-control-max-age': String(rule.maxAge) }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** Answers a preflight: 200 with the rule's headers, or 403, and never reaches the objects. */
export function preflight(assembly: Assembly, request: S3Request): Reply {
  const headers = corsHeaders(assembly, request, request.headers['access-control-request-method'] ?? '');
  if (headers['access-control-allow-origin']) return { status: 200, headers, body: Buffer.alloc(0) };
  const message = 'CORSResponse: This CORS request is not allowed.';
  return xmlError(new ServiceError('AccessForbidden', message, 403));
}
