import type { GetBucketNotificationConfigurationCommandOutput, QueueConfiguration } from '@aws-sdk/client-s3';

/** The events of S3 that the pipeline needs. */
export const watchedEvents = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'] as const;

/**
 * The needed events that a bucket no longer sends to the uploads queue. A bucket has one notification configuration:
 * whoever writes theirs, and omits what was there, silences the pipeline without an error anywhere.
 * @param prefix of the uploads that are ingested; empty for all
 */
export function missingNotifications(
  { QueueConfigurations = [] }: Pick<GetBucketNotificationConfigurationCommandOutput, 'QueueConfigurations'>,
  { queueArn, prefix }: { readonly queueArn: string; readonly prefix: string },
): string[] {
  const ours = QueueConfigurations.filter((entry) => entry.QueueArn === queueArn && coversPrefix(entry, prefix));
  const sent = new Set<string>(ours.flatMap(({ Events = [] }) => Events));
  return watchedEvents.filter((event) => !sent.has(event));
}

/** Whether every key under a prefix passes the filter. S3 spells the names of rules with and without a capital. */
function coversPrefix({ Filter }: QueueConfiguration, prefix: string): boolean {
  const rules = Filter?.Key?.FilterRules ?? [];
  return rules.every(({ Name = '', Value = '' }) =>
    Name.toLowerCase() === 'prefix' ? prefix.startsWith(Value) : Value === '',
  );
}
