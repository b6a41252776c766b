import * as z from 'zod';
import { PatchbayError } from '#core/errors';

/** Where a page of a list by time ended. Tenant and partition are not in it: they come from the request each time. */
const Cursor = z.tuple([z.string(), z.string()]);

export function cursorAfter(row: { created_at: string; id: string }): string {
  return Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64url');
}

/** @throws PatchbayError invalid_request */
export function readCursor(cursor: string): { created_at: string; id: string } {
  try {
    const [created_at, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { created_at, id };
  } catch (cause) {
    throw new PatchbayError('invalid_request', 'the cursor is not one of this list', { cause });
  }
}
