import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { patience } from './patience.ts';
import { type Secrets, secretsManager } from './secrets.ts';

/** The installation's secrets. In a file of its own because it brings the service's client into the bundle. */
export function awsSecrets(): Secrets {
  return secretsManager({ client: new SecretsManagerClient(patience(3_000)), now: Date.now });
}
