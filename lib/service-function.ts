import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DeployedEnvironment, FunctionName } from '#core/env';
import { bundle } from './bundle.ts';

export interface ServiceFunctionProps<F extends FunctionName> {
  /** Which row of core/env.ts it parses at start. */
  reads: F;
  /** Path from the root. */
  entry: string;
  environment: Omit<DeployedEnvironment<F>, 'SERVICE_NAME'>;
  memoryMb: number;
  timeout: Duration;
  logRetentionDays: number;
  /** What a user loses while it fails: the alarm's text. */
  errorImpact: string;
}

/** The house form of a Lambda function: own role, own log group, one bundle, an environment that its schema demands. */
export class ServiceFunction<F extends FunctionName> extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps<F>) {
    super(scope, id);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    this.function = new lambda.Function(this, 'Function', {
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      handler: 'index.handler',
      code: this.code(id, props.entry),
      role,
      logGroup,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: { SERVICE_NAME: id, ...props.environment } as Record<string, string>,
      description: `Without it: ${props.errorImpact}`,
    });
  }

  /** Context `bundle=false` skips esbuild: template tests need no code. */
  private code(id: string, entry: string): lambda.Code {
    if (this.node.tryGetContext('bundle') === 'false')
      return lambda.Code.fromInline('export const handler = async () => {};');
    return lambda.Code.fromAsset(bundle(id, entry).folder);
  }
}
