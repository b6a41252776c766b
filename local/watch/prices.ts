/** What AWS charges for one kind of counted thing. */
export interface Price {
  /** Items of the ledger that this price is for; a `*` at the end stands for any rest. */
  items: string[];
  /** As it stands in a bill. */
  label: string;
  unit: string;
  usdPerUnit: number;
  /** The page that says so. */
  source: string;
}

/** All prices are on demand, without the free tier, for this region, as they stood in this month. */
export const PRICES_REGION = 'us-east-1';
export const PRICES_AS_OF = '2026-11';

const MILLION = 1_000_000;

/** The only place with prices. Free calls stand here too, so that an item without any price is seen as a gap. */
export const PRICES: Price[] = [
  {
    items: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'],
    label: 'DynamoDB, writes',
    unit: 'WRU',
    usdPerUnit: 0.625 / MILLION,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  {
    items: ['dynamodb:IndexWrite'],
    label: 'DynamoDB, writes of indexes',
    unit: 'WRU',
    usdPerUnit: 0.625 / MILLION,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  {
    items: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    label: 'DynamoDB, reads',
    unit: 'RRU',
    usdPerUnit: 0.125 / MILLION,
    source: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  },
  {
    items: ['sqs:*'],
    label: 'SQS',
    unit: 'request',
    usdPerUnit: 0.4 / MILLION,
    source: 'https://aws.amazon.com/sqs/pricing/',
  },
  {
    items: ['s3:Put', 's3:List'],
    label: 'S3, writes and lists',
    unit: 'request',
    usdPerUnit: 5 / MILLION,
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  {
    items: ['s3:Get'],
    label: 'S3, reads',
    unit: 'request',
    usdPerUnit: 0.4 / MILLION,
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  {
    items: ['s3:Delete'],
    label: 'S3, deletes',
    unit: 'request',
    usdPerUnit: 0,
    source: 'https://aws.amazon.com/s3/pricing/',
  },
  {
    items: ['lambda:Request'],
    label: 'Lambda, requests',
    unit: 'request',
    usdPerUnit: 0.2 / MILLION,
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  {
    items: ['lambda:GB-Second'],
    label: 'Lambda, run time (arm64)',
    unit: 'GB-second',
    usdPerUnit: 13.3334 / MILLION,
    source: 'https://aws.amazon.com/lambda/pricing/',
  },
  {
    items: ['lambda:UrlRequest'],
    label: 'Lambda, function URLs',
    unit: 'request',
    usdPerUnit: 0,
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html',
  },
  {
    items: ['states:StateTransition'],
    label: 'Step Functions',
    unit: 'state transition',
    usdPerUnit: 25 / MILLION,
    source: 'https://aws.amazon.com/step-functions/pricing/',
  },
  {
    items: ['apigateway:Request'],
    label: 'API Gateway, HTTP API',
    unit: 'request',
    usdPerUnit: 1 / MILLION,
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  {
    items: ['apigateway:Message'],
    label: 'API Gateway, WebSocket messages',
    unit: 'message of 32 KB',
    usdPerUnit: 1 / MILLION,
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  {
    items: ['apigateway:ConnectionMinute'],
    label: 'API Gateway, WebSocket connections',
    unit: 'minute',
    usdPerUnit: 0.25 / MILLION,
    source: 'https://aws.amazon.com/api-gateway/pricing/',
  },
  {
    items: ['secretsmanager:*'],
    label: 'Secrets Manager, calls',
    unit: 'call',
    usdPerUnit: 5 / MILLION,
    source: 'https://aws.amazon.com/secrets-manager/pricing/',
  },
  {
    items: ['ssm:*'],
    label: 'Parameter Store, calls',
    unit: 'call',
    usdPerUnit: 0,
    source: 'https://aws.amazon.com/systems-manager/pricing/',
  },
  {
    items: ['logs:Byte'],
    label: 'CloudWatch Logs',
    unit: 'byte',
    usdPerUnit: 0.5 / 1_000_000_000,
    source: 'https://aws.amazon.com/cloudwatch/pricing/',
  },
];

/** Undefined for an item that has no price here. */
export function priceOf(item: string): Price | undefined {
  const fits = (pattern: string) => (pattern.endsWith('*') ? item.startsWith(pattern.slice(0, -1)) : item === pattern);
  return PRICES.find(({ items }) => items.some(fits));
}
