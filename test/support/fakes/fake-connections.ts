import type { Clock } from '#core/ports/clock';
import type { Connection, Connections } from '#core/ports/live';
import { clone } from './clone.ts';

export interface FakeConnections extends Connections {
  /** What each socket was sent. */
  posted: Array<{ id: string; message: unknown }>;
  closed: string[];
  /** The client went away without a word: its row stays. */
  drop(id: string): void;
}

/** API Gateway closes every socket after two hours. */
const longestMs = 7_200_000;

export function fakeConnections(clock: Clock): FakeConnections {
  const rows = new Map<string, Connection>();
  const endsAt = new Map<string, number>();
  const gone = new Set<string>();
  const posted: FakeConnections['posted'] = [];
  const closed: string[] = [];

  return {
    posted,
    closed,
    drop: (id) => void gone.add(id),
    async put(connection) {
      rows.set(connection.id, clone(connection));
      endsAt.set(connection.id, clock.now() + longestMs);
    },
    get: async (id) => clone(rows.get(id)),
    async remove(id) {
      rows.delete(id);
    },
    list: async (tenant, sessionId) =>
      [...rows.values()]
        .filter((row) => row.tenant === tenant && row.session_id === sessionId && row.auth_exp > clock.at())
        .filter(({ id }) => (endsAt.get(id) ?? 0) > clock.now())
        .map(clone),
    async post(id, message) {
      if (gone.has(id)) return 'gone';
      posted.push({ id, message: clone(message) });
      return 'ok';
    },
    async close(id) {
      gone.add(id);
      closed.push(id);
    },
  };
}
