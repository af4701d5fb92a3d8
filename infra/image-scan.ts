import type { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { runbook } from './add-alarm.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

/** ECR refuses a second scan on the same day, and any scan where Inspector is enabled; neither should fail a deployment. */
const anyError = '.*';

/**
 * Scans the worker's image for known vulnerabilities whenever a new image is deployed, and publishes critical findings to
 * the alarm topic. The CDK's repository does not scan images by default.
 */
export class ImageScan extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { image, topic, settings }: { image: DockerImageAsset; topic: ITopic; settings: Settings },
  ) {
    super(scope, id);
    const { repository, imageTag } = image;
    const scan = {
      service: 'ECR',
      action: 'startImageScan',
      parameters: { repositoryName: repository.repositoryName, imageId: { imageTag } },
      physicalResourceId: PhysicalResourceId.of(imageTag),
      ignoreErrorCodesMatching: anyError,
    };
    new AwsCustomResource(this, 'Start', {
      onUpdate: scan,
      installLatestAwsSdk: false,
      logGroup: makeLogGroup(this, 'Log', settings),
      policy: AwsCustomResourcePolicy.fromStatements([
        new PolicyStatement({ actions: ['ecr:StartImageScan'], resources: [repository.repositoryArn] }),
      ]),
    });
    new Rule(this, 'Critical', {
      description: "A critical vulnerability was found in the worker's image",
      eventPattern: {
        source: ['aws.ecr'],
        detailType: ['ECR Image Scan'],
        detail: {
          'repository-name': [repository.repositoryName],
          'image-tags': [imageTag],
          'finding-severity-counts': { CRITICAL: [{ exists: true }] },
        },
      },
      targets: [
        new SnsTopic(topic, {
          message: RuleTargetInput.fromText(
            `A critical vulnerability was found in the worker's image ${EventField.fromPath('$.detail.image-digest')}. What to do: ${runbook}#a-vulnerability-in-the-image`,
          ),
        }),
      ],
    });
  }
}
