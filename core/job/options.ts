import * as z from 'zod';
import { caps, wall } from '#core/workflow/limits';

/** What a request to solve may ask for; every field has a default. Costs in US dollars. */
export const SolveOptions = z.strictObject({
  attempts: z.int().min(1).max(caps.attempts).default(1).describe('How many isolated attempts run side by side.'),
  models: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9_-]*\/\S+$/i, 'provider/model'))
    .min(1)
    .max(caps.attempts)
    .optional()
    .describe('`provider/model`; attempt k takes the k-th, round and round. Default: the model of the installation.'),
  strategies: z
    .array(z.enum(['default', 'minimal', 'test-first']))
    .min(1)
    .max(caps.attempts)
    .optional()
    .describe('How the agent goes about it; attempt k takes the k-th, round and round.'),
  agent: z.enum(['mini-swe-agent']).default('mini-swe-agent').describe('The only one there is.'),
  base_ref: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Branch, tag or commit. Default: the ref of the issue, else the default branch.'),
  test_command: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Runs the project’s tests from its root. Default: they are looked for.'),
  setup_commands: z
    .array(z.string().min(1).max(1_000))
    .max(20)
    .optional()
    .describe('Prepare a fresh checkout. Default: an install from the lock file, if there is one.'),
  limits: z
    .strictObject({
      cost_usd: z.number().min(0.01).max(100).default(1.5).describe('Of its model calls.'),
      steps: z.int().min(5).max(1_000).default(100).describe('Commands that its agent may run.'),
      wall_seconds: z
        .int()
        .min(wall.min)
        .max(wall.max)
        .default(wall.default)
        .describe('From its sandbox to its end: set-up, tests and agent together.'),
    })
    .prefault({})
    .describe('Of each attempt.'),
});
export type SolveOptions = z.infer<typeof SolveOptions>;

/** Where the work is: one commit of one repository, pinned in dispatch. */
export const Repository = z.object({
  url: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .refine((url) => !/^https?:\/\/[^/]*@/.test(url), 'must not contain credentials')
    .describe('Clone URL over https, without credentials.'),
  ref: z.string().min(1).max(255).optional().describe('Branch, tag or commit. Default: the default branch.'),
});
export type Repository = z.infer<typeof Repository>;
