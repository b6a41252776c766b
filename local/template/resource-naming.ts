import { createHash } from 'node:crypto';

import { ACCOUNT, type Addresses, REGION } from '#local/parts';

/** What the table may use to say how a resource is called. */
export interface Naming {
  logicalId: string;
  name: string;
  arn: string;
  addresses: Addresses;
  /** A property as resolved text, empty if absent; a path for nested ones. */
  text(...path: (string | number)[]): string;
}

/** Says a name, an ARN or another text about a resource. */
export type Say = (naming: Naming) => string;

/** An ARN of this account and region. */
export const arn = (service: string, resource: Say): Say => {
  return (naming) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource(naming)}`;
};
export const iam = (kind: string): Say => {
  return ({ name }) => `arn:aws:iam::${ACCOUNT}:${kind}/${name}`;
};
export const theName: Say = ({ name }) => name;
export const theArn: Say = (naming) => naming.arn;
export const theId: Say = ({ logicalId }) => logicalId;
export const digest = (text: string, length: number) =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** The host of a distribution on AWS. */
export const distributionHost = (name: string) => `d${digest(name, 13)}.cloudfront.net`;

/** As AWS does: the ten characters of an API's id; here the end of its logical id, so that it never changes. */
export const apiId = (_stack: string, logicalId: string) => logicalId.slice(-10).toLowerCase();
/** The host of an API on AWS; what becomes of it here is in `outward-addresses.ts`. */
export const apiHost = (id: string) => `${id}.execute-api.${REGION}.amazonaws.com`;
export const queueUrl: Say = ({ addresses, name }) => `${addresses.sdk}/${ACCOUNT}/${name}`;
export const functionArnOf = (nameOrArn: string) =>
  nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${nameOrArn}`;
export const machineOfVersion = (versionArn: string) => versionArn.replace(/:\d+$/, '');
