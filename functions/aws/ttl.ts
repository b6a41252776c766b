/** A ttl attribute: the epoch second of an ISO time. DynamoDB deletes days late, so readers filter for themselves. */
export function secondsOf(iso: string): number {
  return Math.floor(Date.parse(iso) / 1_000);
}
