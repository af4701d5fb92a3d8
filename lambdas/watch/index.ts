import { GetBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { readEnvironment } from '../../shared/deployment/environment.ts';
import { once } from '../../shared/flow/once.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { watchEnvironment } from './config.ts';
import { watchHandler } from './handler.ts';
import { missingNotifications } from './missing-notifications.ts';
import { openWatchTelemetry } from './telemetry.ts';

const { begin, observer } = openWatchTelemetry();
const open = once(async () => {
  const { WATCHED_BUCKET, WATCHED_PREFIX, UPLOADS_QUEUE_ARN, ACTIVE_QUEUE_URL, AWS_ENDPOINT } = readEnvironment(
    watchEnvironment,
    process.env,
  );
  const { s3, sqs } = awsClients({ endpoint: AWS_ENDPOINT });
  const expected = { queueArn: UPLOADS_QUEUE_ARN, prefix: WATCHED_PREFIX };
  return watchHandler(
    {
      async missingNotifications() {
        const command = new GetBucketNotificationConfigurationCommand({ Bucket: WATCHED_BUCKET });
        return missingNotifications(await s3.send(command), expected);
      },
      async useQueue() {
        if (ACTIVE_QUEUE_URL === undefined) return;
        await sqs.send(new GetQueueAttributesCommand({ QueueUrl: ACTIVE_QUEUE_URL, AttributeNames: ['QueueArn'] }));
      },
    },
    observer,
  );
});

/** Entry point of the watch function on Lambda. */
export async function handler(event: unknown, context: unknown): Promise<void> {
  begin(context);
  const watch = await open();
  await watch(event);
}
