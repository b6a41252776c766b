import * as z from 'zod';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { MachineInput } from '#core/workflow/steps';
import { eventEntry } from '#functions/runtime/event-entry';
import { sweepWorld } from '#functions/schedule/sweep-world';

/** `Step Functions Execution Status Change`; `input` is the execution's own, as text. */
const Detail = z.object({
  executionArn: z.string(),
  status: z.string(),
  input: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(MachineInput),
});

/** FAILED, TIMED_OUT, ABORTED: what no Catch inside the machine could see. */
export const handler = eventEntry(
  {
    name: 'execution-ended',
    detail: Detail,
    run: async (world, { executionArn, status, input }) => {
      const { tenant, job_id, dispatch } = input;
      await cleanupJob(world, { tenant, job_id, dispatch, reason: status, execution_arn: executionArn });
    },
  },
  sweepWorld,
);
