import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Json, JsonObject } from '#local/parts';

/** One resource as CloudFormation writes it, intrinsics unresolved. */
export interface TemplateResource {
  Type: string;
  Condition?: string;
  Properties?: JsonObject;
}

export interface TemplateParameter {
  Type: string;
  Default?: Json;
  AllowedValues?: Json[];
}

export interface Template {
  Parameters?: Record<string, TemplateParameter>;
  Mappings?: Record<string, Record<string, JsonObject>>;
  Conditions?: Record<string, Json>;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, { Condition?: string; Value: Json }>;
}

/** What `cdk synth` left in its output folder for the one stack in it. */
export interface CdkOut {
  folder: string;
  stackName: string;
  template: Template;
  /** Asset hash to its path inside the folder. */
  assets: ReadonlyMap<string, string>;
}

interface Artifact {
  type: string;
  properties?: { templateFile?: string; stackName?: string; file?: string };
}

interface AssetManifest {
  files?: Record<string, { source: { path?: string } }>;
}

/**
 * Reads the cloud assembly (cloud-assembly-schema: manifest, template and asset manifest of the stack).
 * @throws if the folder holds no stack, or more than one: the laptop is one install.
 */
export function readCdkOut(folder: string): CdkOut {
  const manifest = readJson<{ artifacts?: Record<string, Artifact> }>(join(folder, 'manifest.json'));
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack, another] = stacks;
  if (!stack || another) throw new Error(`${folder} holds ${stacks.length} stacks, expected one`);

  const [id, { properties }] = stack;
  if (!properties?.templateFile) throw new Error(`${folder}: stack ${id} names no template file`);
  const assets = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    if (artifact.type !== 'cdk:asset-manifest' || !artifact.properties?.file) continue;
    const { files } = readJson<AssetManifest>(join(folder, artifact.properties.file));
    for (const [hash, { source }] of Object.entries(files ?? {})) if (source.path) assets.set(hash, source.path);
  }
  return {
    folder,
    stackName: properties.stackName ?? id,
    template: readJson<Template>(join(folder, properties.templateFile)),
    assets,
  };
}

/**
 * The path of an asset by its object key, `[prefix/]<hash>.<extension>`.
 * @throws on a key that the asset manifest does not know.
 */
export function assetPath(cdkOut: CdkOut, s3Key: string): string {
  const hash = s3Key.split('/').at(-1)?.split('.')[0] ?? '';
  const path = cdkOut.assets.get(hash);
  if (!path) throw new Error(`no asset in ${cdkOut.folder} for object key ${s3Key}`);
  return join(cdkOut.folder, path);
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
