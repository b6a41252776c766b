// The CDK app: `cdk synth`, `cdk deploy`.
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { readConfig } from '#lib/config';
import { acknowledgeFindings } from '#lib/findings';
import { PatchbayStack } from '#lib/patchbay-stack';

const app = new App();
const config = readConfig(app.node.tryGetContext('patchbay'));
const stack = new PatchbayStack(app, config.stackName, {
  config,
  description: 'Patchbay: solves software issues in parallel',
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
acknowledgeFindings(stack);
app.synth();
