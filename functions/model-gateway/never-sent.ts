const codes = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'],
  // The certificate, or no TLS at all: https://nodejs.org/api/tls.html#x509-certificate-error-codes
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
]);

/**
 * No connection was made, as undici tells it: the cause of fetch's TypeError has a code of the system or its own. A proxy's
 * refusal has none, only this text.
 */
export function neverSent(error: unknown): boolean {
  const { code, syscall, cause } = ((error as Error).cause ?? {}) as {
    code?: string | number;
    syscall?: string;
    cause?: Error;
  };
  if (/^Proxy response \(\d+\)/.test(cause?.message ?? '')) return true;
  return syscall === 'connect' || codes.has(String(code));
}
