import * as z from 'zod';
import { PatchbayError } from '#core/errors';

/**
 * Where a page of a list by time ended. Tenant and partition are not in it: they come from the request each time. Its
 * parts become keys: what cannot be one (an empty string, say) is refused here, not by the table.
 */
const Cursor = z.tuple([z.iso.datetime(), z.string().regex(/^[\w-]{1,100}$/)]);

export function cursorAfter(row: { created_at: string; id: string }): string {
  return Buffer.from(JSON.stringify([row.created_at, row.id])).toString('base64url');
}

/** @throws PatchbayError invalid_request */
export function readCursor(cursor: string): { created_at: string; id: string } {
  try {
    const [created_at, id] = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { created_at, id };
  } catch (cause) {
    const message = 'is not one that this list has given out';
    const fields = [{ field: 'cursor', message }];
    throw new PatchbayError('invalid_request', `The cursor ${message}.`, { fields, cause });
  }
}
