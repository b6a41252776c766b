import type { State } from './definition.ts';

/** What the interpreter knows of each kind of object, by field. Everything else is refused by its name. */
export const MACHINE_FIELDS = ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'];
export const BRANCH_FIELDS = ['Comment', 'StartAt', 'States'];
export const PROCESSOR_FIELDS = ['Comment', 'ProcessorConfig', 'StartAt', 'States'];
export const RETRIER_FIELDS = [
  'Comment',
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
];
export const CATCHER_FIELDS = ['Comment', 'ErrorEquals', 'Next', 'Output', 'Assign'];
export const RULE_FIELDS = ['Comment', 'Condition', 'Next', 'Output', 'Assign'];

const ANY = ['Type', 'Comment', 'QueryLanguage'];
const STEP = ['Next', 'End', 'Output', 'Assign'];
const RECOVERY = ['Retry', 'Catch'];

export const STATE_FIELDS: Record<State['Type'], string[]> = {
  Task: [...ANY, ...STEP, ...RECOVERY, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Map: [...ANY, ...STEP, ...RECOVERY, 'Items', 'ItemSelector', 'ItemProcessor', 'MaxConcurrency'],
  Parallel: [...ANY, ...STEP, ...RECOVERY, 'Branches', 'Arguments'],
  Choice: [...ANY, 'Choices', 'Default', 'Output', 'Assign'],
  Wait: [...ANY, ...STEP, 'Seconds', 'Timestamp'],
  Pass: [...ANY, ...STEP],
  Succeed: [...ANY, 'Output'],
  Fail: [...ANY, 'Error', 'Cause'],
};

/** Fields whose value is fixed by the definition: an expression there is text to AWS, or an error. */
export const CONSTANT_FIELDS = new Set([
  ...['Type', 'Comment', 'QueryLanguage', 'Resource', 'Next', 'End', 'Default', 'StartAt'],
  ...RETRIER_FIELDS,
]);

const JSONPATH = 'JSONPath is not supported, the machine must be JSONata throughout';
const DISTRIBUTED = 'it belongs to the distributed Map, and only the inline Map is supported';

/** Why a field that AWS knows is refused here. */
export const REFUSED_FIELDS: Record<string, string> = {
  Credentials: 'tasks run under the role of the machine alone',
  Iterator: 'use ItemProcessor',
  ItemReader: DISTRIBUTED,
  ItemBatcher: DISTRIBUTED,
  ResultWriter: DISTRIBUTED,
  Label: DISTRIBUTED,
  ToleratedFailureCount: DISTRIBUTED,
  ToleratedFailurePercentage: DISTRIBUTED,
  InputPath: JSONPATH,
  OutputPath: JSONPATH,
  ResultPath: JSONPATH,
  ResultSelector: JSONPATH,
  Parameters: JSONPATH,
  Result: JSONPATH,
  ItemsPath: JSONPATH,
  MaxConcurrencyPath: JSONPATH,
  TimeoutSecondsPath: JSONPATH,
  HeartbeatSecondsPath: JSONPATH,
  SecondsPath: JSONPATH,
  TimestampPath: JSONPATH,
  ErrorPath: JSONPATH,
  CausePath: JSONPATH,
  Variable: JSONPATH,
};
