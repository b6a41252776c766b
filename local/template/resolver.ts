import { ACCOUNT, type Addresses, type Json, type JsonObject, REGION } from '#local/parts';
import type { CdkOut, TemplateResource } from './cdk-out.ts';
import { type OutwardHost, socketHost, toLocalAddresses, webHost } from './outward-addresses.ts';
import { apiHost, distributionHost, type Naming } from './resource-naming.ts';
import { RESOURCE_TYPES } from './resource-types.ts';

const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/**
 * Resolves CloudFormation's intrinsic functions in one template. What it cannot resolve becomes an entry of `problems`
 * and an empty text, so that one start reports everything that is missing.
 */
export class Resolver {
  readonly problems = new Set<string>();
  readonly #cdkOut: CdkOut;
  readonly #addresses: Addresses;
  readonly #parameters: Record<string, string>;
  readonly #names = new Map<string, string>();
  readonly #underway = new Set<string>();
  #hosts: OutwardHost[] | undefined;

  constructor(cdkOut: CdkOut, addresses: Addresses, parameters: Record<string, string>) {
    this.#cdkOut = cdkOut;
    this.#addresses = addresses;
    this.#parameters = parameters;
  }

  /** The value without intrinsics; undefined stands for AWS::NoValue. */
  resolve(value: Json): Json | undefined {
    if (typeof value === 'string')
      return value.includes('{{resolve:') ? this.#problem(`dynamic reference ${value}`) : value;
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    if (value === null || typeof value !== 'object') return value;

    const [key = '', ...others] = Object.keys(value);
    const argument = value[key] ?? null;
    // A policy statement holds a `Condition` too, but an object; the intrinsic holds a name.
    const named = key === 'Ref' || (key === 'Condition' && typeof argument === 'string');
    if (others.length === 0 && (named || key.startsWith('Fn::'))) {
      const intrinsic = this.#intrinsics[key];
      return intrinsic ? intrinsic(argument) : this.#problem(`intrinsic ${key}`);
    }
    const entries = Object.entries(value).map(([name, item]) => [name, this.resolve(item)] as const);
    return Object.fromEntries(entries.filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
  }

  /** Whether a condition of the template is true; having none counts as true. */
  holds(condition: string | undefined): boolean {
    if (condition === undefined) return true;
    const definition = this.#cdkOut.template.Conditions?.[condition];
    if (definition !== undefined) return this.resolve(definition) === true;
    this.#problem(`condition ${condition}`);
    return false;
  }

  /** What a resource is called: physical name, ARN (empty for types without one), and what Ref answers. */
  identify(logicalId: string): { name: string; arn: string; ref: string } {
    const resource = this.#present(logicalId);
    const type = resource && RESOURCE_TYPES[resource.Type];
    if (!type) return { name: '', arn: '', ref: this.#problem(`reference to ${logicalId}, which is not there`) };
    const naming = this.#naming(logicalId, resource);
    return { name: naming.name, arn: naming.arn, ref: type.ref?.(naming) ?? naming.name };
  }

  readonly #intrinsics: Record<string, (argument: Json) => Json | undefined> = {
    Ref: (name) => this.#ref(String(name)),
    Condition: (name) => this.holds(String(name)),
    'Fn::GetAtt': (argument) => {
      const [logicalId = '', ...path] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
      return this.#attribute(logicalId, path.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, items] = argument as [Json, Json];
      const texts = this.#list(items).map((item) => this.#text(item));
      return this.#local(texts.join(this.#text(separator)));
    },
    'Fn::Sub': (argument) => this.#substitute(argument),
    'Fn::Select': (argument) => {
      const [index, items] = argument as [Json, Json];
      const item = this.#list(items)[Number(this.#text(index))];
      return item ?? this.#problem(`Fn::Select beyond the end: ${JSON.stringify(argument)}`);
    },
    'Fn::Split': (argument) => {
      const [separator, whole] = argument as [Json, Json];
      return this.#text(whole).split(this.#text(separator));
    },
    'Fn::FindInMap': (argument) => {
      const [map = '', first = '', second = ''] = (argument as Json[]).map((item) => this.#text(item));
      const found = this.#cdkOut.template.Mappings?.[map]?.[first]?.[second];
      return found ?? this.#problem(`Fn::FindInMap ${map}.${first}.${second}`);
    },
    'Fn::If': (argument) => {
      const [condition, yes, no] = argument as [string, Json, Json];
      // Only the branch taken is looked at: the other may name resources that are absent.
      return this.resolve(this.holds(condition) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = argument as [Json, Json];
      return this.#text(left) === this.#text(right);
    },
    'Fn::Not': (argument) => !(argument as Json[]).some((item) => this.resolve(item) === true),
    'Fn::And': (argument) => (argument as Json[]).every((item) => this.resolve(item) === true),
    'Fn::Or': (argument) => (argument as Json[]).some((item) => this.resolve(item) === true),
  };

  #ref(name: string): Json | undefined {
    if (name === 'AWS::NoValue') return undefined;
    const { stackName, template } = this.#cdkOut;
    if (name === 'AWS::StackName') return stackName;
    if (name === 'AWS::StackId') return `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stackName}/${stackName}`;
    const pseudo = PSEUDO_PARAMETERS[name];
    if (pseudo !== undefined) return pseudo;
    const parameter = template.Parameters?.[name];
    if (!parameter) return this.identify(name).ref;
    const value = this.#parameters[name] ?? parameter.Default;
    return value ?? this.#problem(`parameter ${name} has neither a default nor a value`);
  }

  #attribute(logicalId: string, name: string): string {
    const resource = this.#present(logicalId);
    if (!resource) return this.#problem(`reference to ${logicalId}, which is not there`);
    const value = RESOURCE_TYPES[resource.Type]?.attributes?.[name]?.(this.#naming(logicalId, resource));
    return value === undefined ? this.#problem(`Fn::GetAtt ${name} of ${resource.Type}`) : this.#local(value);
  }

  #substitute(argument: Json): string {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
    if (typeof pattern !== 'string') return this.#problem(`Fn::Sub of ${JSON.stringify(argument)}`);
    const own = (variables ?? {}) as JsonObject;
    const filled = pattern.replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      const given = own[name];
      if (given !== undefined) return this.#text(given);
      return this.#text(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name });
    });
    return this.#local(filled);
  }

  #problem(text: string): string {
    this.problems.add(text);
    return '';
  }

  #text(value: Json): string {
    const resolved = this.resolve(value);
    if (resolved === undefined || resolved === null) return '';
    if (typeof resolved !== 'object') return String(resolved);
    return this.#problem(`a text expected, found ${JSON.stringify(value)}`);
  }

  #list(value: Json): Json[] {
    const resolved = this.resolve(value);
    if (Array.isArray(resolved)) return resolved;
    this.#problem(`a list expected, found ${JSON.stringify(value)}`);
    return [];
  }

  #present(logicalId: string): TemplateResource | undefined {
    const resource = this.#cdkOut.template.Resources[logicalId];
    return resource && this.holds(resource.Condition) ? resource : undefined;
  }

  #naming(logicalId: string, resource: TemplateResource): Naming {
    const naming = {
      logicalId,
      addresses: this.#addresses,
      name: this.#nameOf(logicalId, resource),
      arn: '',
      text: (...path: (string | number)[]) => this.#text(at(resource.Properties ?? {}, path)),
    };
    return { ...naming, arn: RESOURCE_TYPES[resource.Type]?.arn?.(naming) ?? '' };
  }

  #nameOf(logicalId: string, resource: TemplateResource): string {
    const known = this.#names.get(logicalId);
    if (known !== undefined) return known;
    if (this.#underway.has(logicalId)) return this.#problem(`the name of ${logicalId} depends on itself`);
    this.#underway.add(logicalId);
    const type = RESOURCE_TYPES[resource.Type];
    const given = type?.nameProperty === undefined ? null : (resource.Properties?.[type.nameProperty] ?? null);
    const name = this.#text(given) || (type?.defaultName ?? defaultName)(this.#cdkOut.stackName, logicalId);
    this.#underway.delete(logicalId);
    this.#names.set(logicalId, name);
    return name;
  }

  #local(text: string): string {
    return toLocalAddresses(text, this.#outwardHosts());
  }

  #outwardHosts(): OutwardHost[] {
    // Set before it is filled: finding a name may itself join texts.
    if (this.#hosts) return this.#hosts;
    this.#hosts = [];
    const hosts = Object.entries(this.#cdkOut.template.Resources).flatMap(([logicalId, resource]) => {
      const outward = resource.Type === 'AWS::CloudFront::Distribution' || resource.Type === 'AWS::ApiGatewayV2::Api';
      if (!outward || !this.#present(logicalId)) return [];
      const name = this.#nameOf(logicalId, resource);
      if (resource.Type === 'AWS::CloudFront::Distribution') return webHost(distributionHost(name), this.#addresses);
      const socket = resource.Properties?.ProtocolType === 'WEBSOCKET';
      return socket ? socketHost(apiHost(name), name, this.#addresses) : webHost(apiHost(name), this.#addresses);
    });
    this.#hosts = hosts;
    return hosts;
  }
}

/** The longest name that every service accepts; a longer one keeps its end, where CDK's hash makes it unique. */
function defaultName(stackName: string, logicalId: string): string {
  const name = `${stackName}-${logicalId}`;
  return name.length <= 63 ? name : `${name.slice(0, 53)}-${name.slice(-9)}`;
}

function at(value: Json, path: (string | number)[]): Json {
  return path.reduce<Json>((inner, key) => (inner as Record<string | number, Json> | null)?.[key] ?? null, value);
}
