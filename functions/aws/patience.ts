/**
 * Settings of every SDK client: a region that is down must show as a fast failure, so calls end after seconds. Without
 * `throwOnRequestTimeout` the SDK only warns.
 */
export function patience(requestTimeout: number, maxAttempts = 3) {
  return {
    maxAttempts,
    requestHandler: { connectionTimeout: 1_000, requestTimeout, throwOnRequestTimeout: true },
  };
}
