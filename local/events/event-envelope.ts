import { randomUUID } from 'node:crypto';
import { ACCOUNT, type BusEvent, type JsonObject, REGION } from '#local/parts';

/** The event as a target receives it. */
export function envelopeOf(event: BusEvent): JsonObject {
  const { source, resources, detail, time } = event;
  const detailType = event['detail-type'];
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source,
    account: ACCOUNT,
    time,
    region: REGION,
    resources,
    detail,
  };
}
