/** Which hosts a sandbox may reach. Everything else is refused by the provider. */

interface Hosts {
  callbacks_url: string;
  gateway_url: string;
  setup_hosts: readonly string[];
  artifacts_host: string;
}

/** While the repository is cloned and dependencies are installed; no agent runs yet. */
export function setupEgress(installation: Hosts, codeHosts: readonly string[]): { allow: string[] } {
  return { allow: unique([...codeHosts, ...installation.setup_hosts, ...agentEgress(installation).allow]) };
}

/** From the agent's first step on: our own hosts alone. */
export function agentEgress(installation: Hosts): { allow: string[] } {
  const { gateway_url, callbacks_url, artifacts_host } = installation;
  return { allow: unique([new URL(gateway_url).hostname, new URL(callbacks_url).hostname, artifacts_host]) };
}

function unique(hosts: string[]): string[] {
  return [...new Set(hosts.filter((host) => host !== ''))];
}
