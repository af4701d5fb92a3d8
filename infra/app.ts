import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { UserError } from '../shared/failures/user-error.ts';
import { parseCommandOptions } from './command-options.ts';
import { InceptionBatchStack } from './stack.ts';
import { readStage } from './stage-file.ts';

// The entry point of `cdk`. Only this file reads the CDK's context and the environment.
try {
  const app = new App();
  const { stage: name } = parseCommandOptions(app.node.getAllContext());
  const stage = readStage(name);
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  new InceptionBatchStack(app, `inception-batch-${name}`, {
    stage,
    ...(account && region ? { env: { account, region } } : {}),
    description: 'Drop images in a bucket, get labels and embeddings',
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`inception-batch: ${error.message}\n`);
  process.exitCode = 1;
}
