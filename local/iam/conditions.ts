import { isServiceConditionKey } from './action-data.ts';
import { matchesArn, matchesWildcard } from './wildcard.ts';

/** One line of a statement's `Condition`. All lines must hold; the values of a line are alternatives. */
export interface Condition {
  operator: string;
  negated: boolean;
  set?: 'ForAllValues' | 'ForAnyValue';
  ifExists: boolean;
  key: string;
  values: string[];
}

export type Context = Record<string, string | string[]>;

type Compare = (wanted: string, given: string) => boolean;

const lower: (compare: Compare) => Compare = (compare) => (wanted, given) =>
  compare(wanted.toLowerCase(), given.toLowerCase());
const number: (compare: (wanted: number, given: number) => boolean) => Compare = (compare) => (wanted, given) =>
  compare(Number(wanted), Number(given));
const date: typeof number = (compare) => (wanted, given) => compare(toTime(wanted), toTime(given));
const equal: Compare = (wanted, given) => wanted === given;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
const OPERATORS: Record<string, Compare> = {
  StringEquals: equal,
  StringEqualsIgnoreCase: lower(equal),
  StringLike: matchesWildcard,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: lower(equal),
  NumericEquals: number((wanted, given) => given === wanted),
  NumericLessThan: number((wanted, given) => given < wanted),
  NumericLessThanEquals: number((wanted, given) => given <= wanted),
  NumericGreaterThan: number((wanted, given) => given > wanted),
  NumericGreaterThanEquals: number((wanted, given) => given >= wanted),
  DateEquals: date((wanted, given) => given === wanted),
  DateLessThan: date((wanted, given) => given < wanted),
  DateLessThanEquals: date((wanted, given) => given <= wanted),
  DateGreaterThan: date((wanted, given) => given > wanted),
  DateGreaterThanEquals: date((wanted, given) => given >= wanted),
};

/**
 * The keys that the local stack puts into a request's context. A condition on any other key would be judged as
 * "missing", which for a Deny means "does not apply": so such a policy is refused at start.
 */
const SUPPLIED = new Set(
  [
    'aws:SecureTransport aws:PrincipalArn aws:PrincipalAccount aws:PrincipalType aws:PrincipalIsAWSService',
    'aws:SourceArn aws:SourceAccount aws:RequestedRegion aws:ResourceAccount aws:CurrentTime',
    'dynamodb:LeadingKeys',
    's3:prefix s3:delimiter s3:max-keys s3:signatureAge s3:authType s3:signatureversion s3:TlsVersion',
    's3:x-amz-server-side-encryption s3:x-amz-content-sha256 s3:if-none-match s3:ResourceAccount',
    'lambda:FunctionUrlAuthType lambda:InvokedViaFunctionUrl',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
);

/** @throws Error on an operator or key that is not evaluated; `where` names the statement. */
export function parseConditions(block: unknown, where: string): Condition[] {
  if (block === undefined) return [];
  return Object.entries(block as Record<string, Record<string, unknown>>).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => parseCondition(operator, key, values, where)),
  );
}

function parseCondition(text: string, key: string, values: unknown, where: string): Condition {
  const parts = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text);
  const name = parts?.[2] ?? '';
  const base = name.replace(/Not(?=Equals|Like)/, '');
  if (name !== 'Null' && !OPERATORS[base])
    throw new Error(`${where}: condition operator ${text} is not evaluated here`);
  if (!SUPPLIED.has(key.toLowerCase())) {
    const known = key.startsWith('aws:') || isServiceConditionKey(key);
    throw new Error(`${where}: condition key ${key} is ${known ? 'not supplied here' : 'unknown to AWS'}`);
  }
  const set = parts?.[1] as Condition['set'];
  return {
    operator: name === 'Null' ? name : base,
    negated: name !== base,
    ...(set && { set }),
    ifExists: parts?.[3] !== undefined,
    key: key.toLowerCase(),
    values: [values].flat().map(String),
  };
}

/** Whether one condition holds. Keys of `context` are lower case. */
export function holds(condition: Condition, context: Context): boolean {
  const { operator, negated, set, ifExists, values } = condition;
  const entry = context[condition.key];
  const given = entry === undefined ? [] : [entry].flat();
  if (operator === 'Null') return values.includes(String(given.length === 0));
  if (given.length === 0) return ifExists || set === 'ForAllValues' || (negated && set === undefined);
  const compare = OPERATORS[operator] as Compare;
  const one = (value: string) => values.some((wanted) => compare(wanted, value)) !== negated;
  // Without a set operator a key has one value; should it have several, a negation must hold for each of them.
  if (set === 'ForAllValues' || (set === undefined && negated)) return given.every(one);
  return given.some(one);
}

function toTime(value: string): number {
  return /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}
