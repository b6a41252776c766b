import type { Assembly, JsonObject, Resource } from '#local/parts';

/** Bytes. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST = 4_096;

/**
 * What deploying would find: Lambda takes 4 KB of variables per function, measured as the JSON text of them all, so that a
 * quote within a value counts twice ("String measured", as its refusal says). Names and addresses of the cloud are longer
 * than those here: a few hundred bytes of room are worth keeping.
 * @throws Error with each function that has more, and its largest variable
 */
export function limitEnvironments(assembly: Pick<Assembly, 'byType'>): void {
  const refused = assembly.byType('AWS::Lambda::Function').flatMap((resource) => {
    const variables = variablesOf(resource);
    const size = bytes(variables);
    return size > MOST ? [`${resource.logicalId} has ${size} bytes${largestOf(variables)}`] : [];
  });
  if (refused.length === 0) return;
  throw new Error(`a function takes ${MOST} bytes of environment variables, as JSON: ${refused.join('; ')}`);
}

function largestOf(variables: JsonObject): string {
  const sizes = Object.entries(variables).map(([name, value]) => [name, bytes(value)] as const);
  const [largest] = sizes.sort(([, a], [, b]) => b - a);
  return largest === undefined ? '' : `, ${largest[1]} of them ${largest[0]}`;
}

/** The variables that the template gives a function. */
export function variablesOf({ properties }: Resource): JsonObject {
  return (properties.Environment as { Variables?: JsonObject } | undefined)?.Variables ?? {};
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
