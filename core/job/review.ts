import * as z from 'zod';

/** What a person decided about a job that awaited review. The first decision stays. */
export const Review = z.object({
  decision: z.enum(['approve', 'reject']),
  /** Whose diff was approved: the winner unless another was named. Null for a rejection, which is of the whole job. */
  attempt: z.int().nullable(),
  comment: z.string().nullable(),
  /** `sub` of the person. */
  by: z.string(),
  at: z.string(),
});
export type Review = z.infer<typeof Review>;
