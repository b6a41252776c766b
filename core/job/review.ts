import * as z from 'zod';

/** What a person decided about a job that awaited review. The first decision stays. */
export const Review = z.object({
  decision: z.enum(['approve', 'reject']),
  attempt: z
    .int()
    .nullable()
    .describe(
      'Whose diff was approved: the winner unless another was named. Null for a rejection, which is of the whole job.',
    ),
  comment: z.string().nullable(),
  by: z.string().describe('`sub` of the person.'),
  at: z.string(),
});
export type Review = z.infer<typeof Review>;
