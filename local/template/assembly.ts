import { readFileSync, statSync } from 'node:fs';

import { type Addresses, type Assembly, type JsonObject, type Resource, ServiceError } from '#local/parts';
import { assetPath, type CdkOut, readCdkOut, type TemplateResource } from './cdk-out.ts';
import { Resolver } from './resolver.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

export interface AssemblyOptions {
  /** The output folder of `cdk synth`. */
  cdkOut: string;
  addresses: Addresses;
  /** Values for the template's parameters, instead of their defaults. */
  parameters?: Record<string, string>;
}

/** Types whose ARN or name leads to a resource of another type. */
const LEADS_TO: Record<string, string> = {
  'AWS::Lambda::Version': 'AWS::Lambda::Function',
  'AWS::Lambda::Alias': 'AWS::Lambda::Function',
  'AWS::StepFunctions::StateMachineVersion': 'AWS::StepFunctions::StateMachine',
  'AWS::StepFunctions::StateMachineAlias': 'AWS::StepFunctions::StateMachine',
};

/**
 * Reads what `cdk synth` wrote and resolves it for this machine. Resources whose condition is false are absent; those of
 * an ignored type are there by name, without properties.
 * @throws one Error that lists every resource type, intrinsic, attribute and parameter that is not known here: passing
 * an unknown one through would hide a difference from the cloud.
 */
export function readAssembly({ cdkOut: folder, addresses, parameters = {} }: AssemblyOptions): Assembly {
  const cdkOut = readCdkOut(folder);
  const { template, stackName } = cdkOut;
  const resolver = new Resolver(cdkOut, addresses, parameters);
  const problems = unknownParameters(cdkOut, parameters);
  const resources = new Map<string, Resource>();
  const byRef = new Map<string, string>();

  for (const [logicalId, declared] of Object.entries(template.Resources)) {
    if (!resolver.holds(declared.Condition)) continue;
    const type = RESOURCE_TYPES[declared.Type];
    if (!type) problems.push(`resource type ${declared.Type} (${logicalId})`);
    else if (type.role === 'refused') problems.push(`resource type ${declared.Type} (${logicalId}): ${type.why}`);
    else {
      const { name, arn, ref } = resolver.identify(logicalId);
      const properties = type.role === 'ignored' ? {} : propertiesOf(declared, resolver, cdkOut);
      resources.set(logicalId, { logicalId, type: declared.Type, name, arn, properties });
      for (const key of [logicalId, ref, name, arn]) if (key) byRef.set(`${declared.Type} ${key}`, logicalId);
    }
  }
  const outputs: Record<string, string> = {};
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    if (resolver.holds(output.Condition)) outputs[name] = String(resolver.resolve(output.Value) ?? '');
  }
  refuse(folder, [...problems, ...resolver.problems]);
  addDetours(resources, byRef);

  return {
    stackName,
    resources,
    outputs,
    byType: (type) => [...resources.values()].filter((resource) => resource.type === type),
    find: (type, nameOrArn) => find(resources, byRef, type, nameOrArn),
    assetFolder: (s3Key) => assetFolder(cdkOut, s3Key),
  };
}

/** What must be known before ports are assigned: the Function URLs by logical id, and the template's parameters. */
export function outlineAssembly(cdkOut: string): {
  functionUrlIds: string[];
  parameters: Record<string, { default?: string }>;
} {
  const { template } = readCdkOut(cdkOut);
  const urls = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Url');
  const parameters = Object.entries(template.Parameters ?? {}).map(([name, { Default }]) => {
    return [name, Default === undefined ? {} : { default: String(Default) }] as const;
  });
  return { functionUrlIds: urls.map(([logicalId]) => logicalId), parameters: Object.fromEntries(parameters) };
}

function unknownParameters({ template }: CdkOut, parameters: Record<string, string>): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const declared = template.Parameters?.[name];
    if (!declared) return [`parameter ${name} is not in the template`];
    const allowed = declared.AllowedValues?.map(String);
    return allowed && !allowed.includes(value) ? [`parameter ${name} may not be ${JSON.stringify(value)}`] : [];
  });
}

function refuse(folder: string, problems: string[]): void {
  if (problems.length === 0) return;
  throw new Error(`${folder} cannot run here:\n${[...new Set(problems)].map((text) => `- ${text}`).join('\n')}`);
}

function propertiesOf(declared: TemplateResource, resolver: Resolver, cdkOut: CdkOut): JsonObject {
  const properties = (resolver.resolve(declared.Properties ?? {}) ?? {}) as JsonObject;
  return declared.Type === 'AWS::StepFunctions::StateMachine' ? withDefinition(properties, cdkOut) : properties;
}

/** Brings the three ways to write a definition into one: `DefinitionString`, with the substitutions made. */
function withDefinition(properties: JsonObject, cdkOut: CdkOut): JsonObject {
  const { Definition, DefinitionS3Location, DefinitionSubstitutions, ...rest } = properties;
  const location = DefinitionS3Location as { Key?: string } | undefined;
  let text = String(rest.DefinitionString ?? '');
  if (location?.Key) text = readFileSync(assetPath(cdkOut, location.Key), 'utf8');
  if (Definition !== undefined) text = JSON.stringify(Definition);
  for (const [name, value] of Object.entries((DefinitionSubstitutions ?? {}) as JsonObject)) {
    text = text.replaceAll(`\${${name}}`, String(value));
  }
  return { ...rest, DefinitionString: text };
}

/** Lets the ARN of a version or alias lead to what it is a version of. */
function addDetours(resources: Map<string, Resource>, byRef: Map<string, string>): void {
  for (const { type, arn } of resources.values()) {
    const target = LEADS_TO[type];
    const owner = target && byRef.get(`${target} ${arn.slice(0, arn.lastIndexOf(':'))}`);
    if (owner) byRef.set(`${target} ${arn}`, owner);
  }
}

function find(resources: Map<string, Resource>, byRef: Map<string, string>, type: string, nameOrArn: string): Resource {
  const logicalId = byRef.get(`${type} ${nameOrArn}`) ?? byRef.get(`${type} ${nameOrArn.replace(/:\$LATEST$/, '')}`);
  const resource = logicalId === undefined ? undefined : resources.get(logicalId);
  if (!resource) throw new ServiceError('ResourceNotFoundException', `no ${type} is called ${nameOrArn}`, 404);
  return resource;
}

function assetFolder(cdkOut: CdkOut, s3Key: string): string {
  const path = assetPath(cdkOut, s3Key);
  if (!statSync(path).isDirectory()) throw new Error(`asset ${path} is not an unpacked folder`);
  return path;
}
