/** Who a sandbox belongs to; every list, sweep and adoption filters on `install_id`. */
export interface SandboxMetadata {
  install_id: string;
  tenant: string;
  job_id: string;
  sandbox_key: string;
  dispatch: string;
  nonce: string;
  session_id: string;
  chat_id: string;
  issue_id: string;
  user_id: string;
}

export interface SandboxInfo {
  sandbox_id: string;
  metadata: Record<string, string>;
  started_at: string;
  ends_at: string;
}

/** Hosts that may be reached; everything else is refused. */
export interface Egress {
  allow: string[];
}

export interface CommandOutcome {
  exit_code: number;
  stdout: string;
  stderr: string;
}

/** A sandbox provider. Not idempotent: the callers are. */
export interface Sandboxes {
  /**
   * @throws ProviderBusy no slot, or the rate is limited: nothing was created
   * @throws Error of any other kind: the outcome is unknown; list by nonce, then adopt or kill
   */
  create(metadata: SandboxMetadata, life: { seconds: number }, egress: Egress): Promise<{ sandbox_id: string }>;
  /** All pages. Metadata pairs are ANDed. */
  list(metadata: Partial<SandboxMetadata> & { install_id: string }): Promise<SandboxInfo[]>;
  /** Undefined only when the provider says that it is gone. */
  info(sandboxId: string): Promise<SandboxInfo | undefined>;
  /** Production seconds from now. @throws SandboxLost */
  setLife(sandboxId: string, seconds: number): Promise<void>;
  /** True when it is dead for sure: killed now or gone before. */
  kill(sandboxId: string): Promise<boolean>;
  /** Runs a short command to its end; a non-zero exit is a result. @throws SandboxLost */
  run(sandboxId: string, command: string, options: { timeoutSeconds: number }): Promise<CommandOutcome>;
  /** Starts a command that outlives the caller; returns its pid. Output must be redirected by the command. @throws SandboxLost */
  start(sandboxId: string, command: string): Promise<number>;
  /** Creates parents; relative paths resolve to the user's home. @throws SandboxLost */
  write(sandboxId: string, path: string, body: string | Uint8Array): Promise<void>;
  /** Undefined: no such file, or not a regular one. @throws SandboxLost, PatchbayError payload_too_large */
  read(sandboxId: string, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** The two calls that the callbacks make on every beat: plain REST, because the whole SDK costs 350 kB and 100 ms there. */
export interface SandboxLease {
  /** Production seconds from now. Returns when it would die (ISO). @throws SandboxLost */
  renew(sandboxId: string, seconds: number): Promise<string>;
  /** Replaces the egress policy. @throws SandboxLost */
  restrict(sandboxId: string, egress: Egress): Promise<void>;
}
