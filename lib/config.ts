import * as z from 'zod';

/** What an installation chooses at deploy time, from CDK context `patchbay` (`cdk deploy -c patchbay='{"…"}'`). */
export const Config = z.strictObject({
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]*$/)
    .default('Patchbay'),
  /** Live sandboxes at most, by scope; the install limit is at most the provider plan's. */
  permits: z
    .strictObject({
      user: z.int().positive().default(8),
      tenant: z.int().positive().default(16),
      install: z.int().positive().default(20),
    })
    .prefault({}),
  /** US dollars a tenant may spend a day. */
  tenantDailyUsd: z.number().positive().default(100),
  /** Hosts that a sandbox may reach during set-up, beside the code host. */
  setupHosts: z
    .array(z.string())
    .default([
      'pypi.org',
      'files.pythonhosted.org',
      'registry.npmjs.org',
      'registry.yarnpkg.com',
      'repo.yarnpkg.com',
      'proxy.golang.org',
      'sum.golang.org',
      'storage.googleapis.com',
      'index.crates.io',
      'static.crates.io',
      'static.rust-lang.org',
      'repo.maven.apache.org',
      'plugins.gradle.org',
      'rubygems.org',
      'index.rubygems.org',
      'repo.packagist.org',
      'api.nuget.org',
    ]),
  logRetentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]).default(30),
  /** SNS topic that alarms tell; without one they are seen in CloudWatch alone. */
  alarmTopicArn: z
    .string()
    .regex(/^arn:[\w-]+:sns:/, 'the ARN of an SNS topic')
    .optional(),
  /** Origins of browsers that call the API. */
  allowedOrigins: z.array(z.string()).default([]),
});
export type Config = z.infer<typeof Config>;

/** @throws Error that names each wrong field */
export function readConfig(context: unknown): Config {
  const parsed = Config.safeParse(typeof context === 'string' ? JSON.parse(context) : (context ?? {}));
  if (parsed.success) return parsed.data;
  throw new Error(
    `context "patchbay": ${parsed.error.issues.map((issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`).join('; ')}`,
  );
}
