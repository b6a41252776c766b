/** Variables by which programs are told where the host's certificates are: a company's own, often. */
const names = [
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
];

/** Those that are set here: whatever calls hosts from this machine needs them where its network has its own certificates. */
export function hostCertificates(): Record<string, string> {
  const entries = names.map((name) => [name, process.env[name] ?? ''] as const);
  return Object.fromEntries(entries.filter(([, path]) => path !== ''));
}
