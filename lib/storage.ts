import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { connectionsTable, coreTable, type Table } from '#core/tables';

const text = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });

/** The core table and the artifact bucket are the customer's record of the work: kept when the stack goes. Connections are not. */
export class Storage extends Construct {
  readonly core: dynamodb.TableV2;
  readonly connections: dynamodb.TableV2;
  readonly artifacts: s3.Bucket;

  constructor(scope: Construct, id: string, props: { allowedOrigins: string[] }) {
    super(scope, id);
    this.core = new dynamodb.TableV2(this, 'Core', {
      ...keysOf(coreTable),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN,
      deletionProtection: true,
    });
    this.connections = new dynamodb.TableV2(this, 'Connections', {
      ...keysOf(connectionsTable),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.artifacts = new s3.Bucket(this, 'Artifacts', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(1), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      ...(props.allowedOrigins.length > 0
        ? {
            cors: [
              {
                allowedMethods: [s3.HttpMethods.GET],
                allowedOrigins: props.allowedOrigins,
                allowedHeaders: ['range'],
                maxAge: 600,
              },
            ],
          }
        : {}),
    });
  }
}

function keysOf(table: Table) {
  return {
    partitionKey: text(table.partitionKey),
    sortKey: text(table.sortKey),
    timeToLiveAttribute: table.ttl,
    billing: dynamodb.Billing.onDemand(),
    globalSecondaryIndexes: table.indexes.map((index) => ({
      indexName: index.name,
      partitionKey: text(index.partitionKey),
      sortKey: text(index.sortKey),
      projectionType: dynamodb.ProjectionType.KEYS_ONLY,
    })),
  };
}
