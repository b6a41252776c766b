import * as z from 'zod';

/** What the API shows of the installation, and of who asks. */

export const MeView = z.object({
  sub: z.string().describe('The person, as the token names them.'),
  tenant: z.string().describe('Whose budget and permits their jobs use.'),
});

export const StatusView = z.object({
  version: z.string(),
  waiting: z.int().describe('Jobs of your tenant that wait for a free sandbox.'),
  slots: z
    .array(
      z.object({
        scope: z.string().describe('`user`: you; `tenant`; `install`: everybody here. A job needs room in all three.'),
        used: z.int(),
        limit: z.int().describe('As it is now: a sandbox provider that is full lowers that of the installation.'),
      }),
    )
    .describe('Sandboxes that may live at once.'),
});

const Model = z.object({
  name: z.string().describe('The part of `provider/model` after the slash.'),
  input: z.number().describe('US dollars for a million tokens.'),
  output: z.number().describe('The same, of what it writes.'),
  cached: z.number().describe('The same, of input that the provider had cached.'),
  written: z
    .number()
    .optional()
    .describe('The same, of input that the provider writes to its cache, where it differs.'),
  source: z.string().describe('Where the prices are from.'),
});

export const ModelsView = z.object({
  default_model: z.string().describe('`provider/model`: of attempts whose job names none.'),
  providers: z.array(
    z.object({
      name: z.string().describe('The part of `provider/model` before the slash.'),
      kind: z.string().describe('How it is spoken to.'),
      models: z.array(Model).describe('Those with a price. Others may be asked for too, and count as costing nothing.'),
    }),
  ),
});
