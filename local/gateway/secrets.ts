import { randomBytes } from 'node:crypto';
import { ACCOUNT, type Assembly, type Json, type JsonObject, REGION, type Resource, ServiceError } from '#local/parts';
import { jsonReply } from './exchange.ts';
import { authorize, type Backstage, notMapped, type SdkService } from './sdk-call.ts';

/**
 * Secrets Manager, reading only. Values are by logical id or name of the secret; one that the template generates gets a
 * value for this start; one without any value answers as a secret that nobody has filled yet.
 */
export function secretsService(backstage: Backstage, values: Record<string, string>): SdkService {
  const generated = new Map<string, string>();
  return async (call) => {
    const { operation, input } = call;
    if (operation !== 'GetSecretValue' && operation !== 'DescribeSecret') throw notMapped('secretsmanager', operation);
    const id = String(input.SecretId);
    const secret = findSecret(backstage.assembly, id);
    const arn = secret?.arn ?? `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}`;
    authorize(backstage, call, `secretsmanager:${operation}`, arn);
    if (!secret) throw notFound("Secrets Manager can't find the specified secret.");
    backstage.count({ item: `secretsmanager:${operation}`, units: 1, by: call.by });
    const described = { ARN: secret.arn, Name: secret.name };
    if (operation === 'DescribeSecret') return jsonReply(200, described);
    const value = values[secret.logicalId] ?? values[secret.name] ?? ownValue(secret, generated);
    if (value === undefined) {
      throw notFound("Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
    }
    return jsonReply(200, { ...described, SecretString: value, VersionId: 'local', VersionStages: ['AWSCURRENT'] });
  };
}

/** `values` by the logical id of the secret whose id starts with the given name; throws when the template has none. */
export function secretValues(assembly: Assembly, values: Record<string, string>): Record<string, string> {
  const ids = assembly.byType('AWS::SecretsManager::Secret').map((secret) => secret.logicalId);
  return Object.fromEntries(
    Object.entries(values).map(([prefix, value]) => {
      const id = ids.find((logicalId) => logicalId.startsWith(prefix));
      if (!id) throw notFound(`The template has no secret "${prefix}…": there are ${ids.join(', ')}`);
      return [id, value];
    }),
  );
}

/** By name, ARN, or an ARN without the six characters at its end. */
function findSecret(assembly: Assembly, id: string): Resource | undefined {
  const secrets = assembly.byType('AWS::SecretsManager::Secret');
  return secrets.find(({ name, arn }) => name === id || arn === id || arn.replace(/-[^-]{6}$/, '') === id);
}

function ownValue(secret: Resource, generated: Map<string, string>): string | undefined {
  const { SecretString, GenerateSecretString } = secret.properties;
  if (typeof SecretString === 'string') return SecretString;
  if (GenerateSecretString === undefined) return undefined;
  const known = generated.get(secret.arn) ?? generate(GenerateSecretString as JsonObject);
  generated.set(secret.arn, known);
  return known;
}

function generate({ SecretStringTemplate, GenerateStringKey, PasswordLength }: JsonObject): string {
  const password = randomBytes(64)
    .toString('base64url')
    .slice(0, Number(PasswordLength ?? 32));
  if (SecretStringTemplate === undefined) return password;
  return JSON.stringify({ ...JSON.parse(String(SecretStringTemplate)), [String(GenerateStringKey)]: password });
}

/** Parameter Store, reading only, with the values that stand in the template. */
export function parametersService(backstage: Backstage): SdkService {
  return async (call) => {
    const { operation, input } = call;
    if (operation !== 'GetParameter' && operation !== 'GetParameters') throw notMapped('ssm', operation);
    const names = (operation === 'GetParameter' ? [input.Name] : input.Names) as string[];
    const found: Json[] = [];
    for (const name of names) {
      authorize(
        backstage,
        call,
        `ssm:${operation}`,
        `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name.replace(/^\//, '')}`,
      );
      const parameter = backstage.assembly.byType('AWS::SSM::Parameter').find((one) => one.name === name);
      if (parameter) found.push(parameterOf(parameter));
    }
    backstage.count({ item: `ssm:${operation}`, units: 1, by: call.by });
    const InvalidParameters = names.filter((name) => !found.some((one) => (one as JsonObject).Name === name));
    if (operation === 'GetParameters') return jsonReply(200, { Parameters: found, InvalidParameters });
    if (!found[0]) throw new ServiceError('ParameterNotFound', String(names[0]));
    return jsonReply(200, { Parameter: found[0] });
  };
}

function parameterOf({ name, arn, properties }: Resource): JsonObject {
  return { Name: name, ARN: arn, Type: properties.Type ?? 'String', Value: properties.Value ?? '', Version: 1 };
}

function notFound(message: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', message);
}
