import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { STSClient } from '@aws-sdk/client-sts';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { UserError } from '../shared/failures/user-error.ts';
import { checkDeployed } from './check-deployed.ts';
import { parseCommandOptions } from './command-options.ts';
import { InceptionBatchStack } from './stack.ts';
import { readStage } from './stage-file.ts';

// The entry point of `cdk`. Only this file reads the CDK's context and the environment.
try {
  // Otherwise the CDK synthesizes at the end of the process, also after an error.
  const app = new App({ autoSynth: false });
  const { stage: name, allow } = parseCommandOptions(app.node.getAllContext());
  const stage = readStage(name);
  // Undefined without credentials: the template is then the same for every account.
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const { stackName, deployedSettings: settings } = new InceptionBatchStack(app, `inception-batch-${name}`, {
    stage,
    ...(account && region ? { env: { account, region } } : {}),
    description: 'Drop images in a bucket, get labels and embeddings',
  });
  if (account && region) {
    const clients = {
      cloudFormation: new CloudFormationClient({ region }),
      sts: new STSClient({ region }),
      timeoutMs: 10_000,
    };
    await checkDeployed(clients, { stage: name, stackName, account, settings }, allow);
  }
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  const message = messageOf(error);
  if (message === undefined) throw error;
  process.stderr.write(`inception-batch: ${message}\n`);
  process.exitCode = 1;
}

/** @returns undefined for a defect. The CDK repeats an error of packing after its own words, and has no cause. */
function messageOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof UserError) return error.message;
  return /^Failed to bundle asset .*?UserError: ([^\n]+)/s.exec(error.message)?.[1];
}
