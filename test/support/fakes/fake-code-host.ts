import { PatchbayError } from '#core/errors';
import type { CodeHost } from '#core/ports/code-host';

export interface FakeCodeHost extends CodeHost {
  /** Every ref of every repository is this commit, unless `refs` says otherwise. */
  commit: string;
  /** `<url>@<ref>` → commit; undefined: there is no such ref. */
  refs: Map<string, string | undefined>;
  /** URLs that do not answer. */
  unreachable: Set<string>;
}

export function fakeCodeHost(): FakeCodeHost {
  const host: FakeCodeHost = {
    commit: 'a'.repeat(40),
    refs: new Map(),
    unreachable: new Set(),
    async resolve({ url }, wanted) {
      const ref = wanted ?? 'main';
      const key = `${url}@${ref}`;
      const sha = host.refs.has(key) ? host.refs.get(key) : host.commit;
      if (host.unreachable.has(url) || sha === undefined) {
        throw new PatchbayError('repo_unreachable', `${url} has no ${ref}, or does not answer`);
      }
      return { sha, ref };
    },
    hosts: ({ url }) => [new URL(url).host],
  };
  return host;
}
