import type { DockerImageAsset } from 'aws-cdk-lib/aws-ecr-assets';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { runbook } from './alarms.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

/** ECR scans an image once a day, or by itself where Inspector is on; no refusal is worth a deployment. */
const anyRefusal = '.*';

/**
 * Has ECR look for known weaknesses in the worker's image whenever another is deployed, which the CDK's repository does
 * not do by itself, and tells the topic of alarms what is critical.
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
      ignoreErrorCodesMatching: anyRefusal,
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
      description: "A critical weakness was found in the worker's image",
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
            `A critical weakness was found in the worker's image ${EventField.fromPath('$.detail.image-digest')}. What to do: ${runbook}#a-weakness-in-the-image`,
          ),
        }),
      ],
    });
  }
}
