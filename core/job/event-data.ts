import { caps } from '#core/workflow/limits';

/** Room for the event's own fields beside its data. */
const envelopeBytes = 512;

/** Event data that fits into one log entry and one socket message: the longest texts are cut, and it says so. */
export function fittingData(data: Record<string, unknown>): Record<string, unknown> {
  const room = caps.eventBytes - envelopeBytes;
  if (bytesOf(data) <= room) return data;
  for (const longest of [1_000, 400, 120, 40]) {
    const cut = { ...(cutTexts(data, longest) as Record<string, unknown>), cut: true };
    if (bytesOf(cut) <= room) return cut;
  }
  return { cut: true };
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

function cutTexts(value: unknown, longest: number): unknown {
  if (typeof value === 'string') return value.length <= longest ? value : `${value.slice(0, longest)}…`;
  if (Array.isArray(value)) return value.map((item) => cutTexts(item, longest));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cutTexts(item, longest)]));
}
