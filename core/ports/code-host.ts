import type { Repository } from '#core/job/options';

export interface CodeHost {
  /**
   * Resolves a ref to a commit by ls-refs. No redirects; private addresses only for the configured host.
   * @throws PatchbayError repo_unreachable with what was tried, for a host, repository or ref that is not there
   */
  resolve(repository: Repository, ref: string | undefined): Promise<{ sha: string; ref: string }>;
  /** Hosts a sandbox needs to clone from it. */
  hosts(repository: Repository): string[];
}
