import * as z from 'zod';
import type { Json } from '#local/parts';
import { ApiError } from './api-error.ts';
import { type FaultBook, faultSchema } from './faults.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';

export const ADMIN_PREFIX = '/_admin/';

/**
 * What tests steer the server with; no part of e2b. `POST /_admin/faults` sets one fault or several, `GET` shows them
 * with how often they were met, `DELETE` clears them; `POST /_admin/sandboxes/{id}/kill` kills behind the API's back.
 * @throws ApiError 400, 404
 */
export async function serveAdmin(parts: { fleet: SandboxFleet; faults: FaultBook }, call: AdminCall): Promise<unknown> {
  const { fleet, faults } = parts;
  const victim = /^\/_admin\/sandboxes\/([^/]+)\/kill$/.exec(call.path)?.[1];
  const name = `${call.method} ${victim ? '/_admin/sandboxes/{id}/kill' : call.path}`;
  switch (name) {
    case 'POST /_admin/sandboxes/{id}/kill':
      return { killed: await fleet.kill(victim ?? '') };
    case 'POST /_admin/faults':
      for (const fault of parseFaults(call.body)) {
        faults.add(fault);
      }
      return faults.list();
    case 'GET /_admin/faults':
      return faults.list();
    case 'DELETE /_admin/faults':
      faults.clear();
      return [];
    default:
      throw new ApiError(404, `${name} does not exist`);
  }
}

export interface AdminCall {
  method: string;
  path: string;
  body: Json;
}

function parseFaults(body: Json): z.infer<typeof faultSchema>[] {
  const result = z.array(faultSchema).safeParse(Array.isArray(body) ? body : [body]);
  if (!result.success) {
    throw new ApiError(400, z.prettifyError(result.error));
  }
  return result.data;
}
