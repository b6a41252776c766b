import type { Json } from '#local/parts';

/** What an authorizer says. */
export type Decision =
  | {
      allowed: true;
      /** For `requestContext.authorizer`; absent where nothing was asked. */
      authorizer?: Json;
    }
  | { allowed: false; status: 401 | 403 | 500; message: string /** For `WWW-Authenticate`. */; challenge?: string };
