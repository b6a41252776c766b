import { type Environment, environments, type FunctionName } from '#core/env';

/** The one place that reads `process.env`: what a function needs is in the schema of its name, and nowhere else. */
export function environment<F extends FunctionName>(
  name: F,
  source: Record<string, string | undefined> = process.env,
): Environment<F> {
  const parsed = environments[name].safeParse(source);
  if (parsed.success) return parsed.data as Environment<F>;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The environment of function "${name}" is wrong: ${problems.join('; ')}`);
}

/** What logs and metrics carry before any schema is read: a failing start has to be attributable too. */
export function identity(source: Record<string, string | undefined> = process.env): { service: string; env: string } {
  return { service: source.SERVICE_NAME ?? 'unnamed', env: source.INSTALL_ID ?? 'unknown' };
}
