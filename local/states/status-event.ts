import type { BusEvent, JsonObject } from '#local/parts';
import { startedBy } from './signal.ts';
import type { ExecutionRow } from './store.ts';

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html; dates are ms there. */
export function statusEvent(row: ExecutionRow): BusEvent {
  const versions = row.startedBy === null ? {} : startedBy(row.startedBy);
  const detail: JsonObject = {
    executionArn: row.arn,
    stateMachineArn: row.machineArn,
    name: row.name,
    status: row.status,
    startDate: row.startedAt,
    stopDate: row.stoppedAt,
    input: row.input,
    output: row.output,
    inputDetails: { included: true },
    outputDetails: row.output === null ? null : { included: true },
    error: row.error,
    cause: row.cause,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    ...versions,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: null,
  };
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [row.arn],
    detail,
    time: new Date(row.stoppedAt ?? row.startedAt).toISOString(),
  };
}
