import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { z } from 'zod';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import type { watchEnvironment } from './config.ts';
import type { WatchPorts } from './handler.ts';
import { missingNotifications } from './missing-notifications.ts';

/** Opens the watched bucket and the used queue on AWS. */
export function openWatchPorts(environment: z.output<typeof watchEnvironment>): WatchPorts {
  const { WATCHED_BUCKET: Bucket, WATCHED_PREFIX: prefix, UPLOADS_QUEUE_ARN: queueArn } = environment;
  const { s3, sqs } = awsClients({ endpoint: environment.AWS_ENDPOINT });
  return {
    async missingNotifications() {
      const configuration = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
      return missingNotifications(configuration, { queueArn, prefix });
    },
    async useQueue() {
      const { ACTIVE_QUEUE_URL: QueueUrl } = environment;
      if (QueueUrl === undefined) return;
      await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    },
  };
}
