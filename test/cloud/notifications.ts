import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import type { ObjectChange } from './gateway.ts';
import type { Authorizer } from './iam/authorizer.ts';
import { type Keys, keyAccesses } from './iam/key-access.ts';
import type { Names } from './iam/request-to-action.ts';

const configurationSchema = z.object({
  QueueConfigurations: z.array(
    z.object({
      Events: z.array(z.string()),
      QueueArn: z.string(),
      Filter: z
        .object({ Key: z.object({ FilterRules: z.array(z.object({ Name: z.string(), Value: z.string() })) }) })
        .optional(),
    }),
  ),
});

interface Rule {
  readonly events: readonly string[];
  readonly queueArn: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface NotificationOptions extends Names {
  readonly authorizer: Authorizer;
  /** Keys that encrypt queues. */
  readonly keys: Keys;
  /** Sends what S3 sends: it is no role of the template. */
  readonly sqs: SQSClient;
  readonly queueUrl: (arn: string) => string;
}

/** Sends the notifications of buckets to queues, if the queues' policies allow it. */
export class Notifications {
  readonly #rules = new Map<string, readonly Rule[]>();
  readonly #options: NotificationOptions;
  #sequence = 0;

  constructor(options: NotificationOptions) {
    this.#options = options;
  }

  /**
   * Sets the notifications of a bucket. Like S3, sends a test event to each queue.
   * @param configuration as for `PutBucketNotificationConfiguration`; other destinations than queues are errors
   * @throws {Error} if a queue's policy does not allow the bucket to send to it
   */
  async configure(bucket: string, configuration: unknown): Promise<void> {
    const { QueueConfigurations } = z.strictObject(configurationSchema.shape).parse(configuration);
    const rules = QueueConfigurations.map(({ Events, QueueArn, Filter }) => {
      const filters = Filter?.Key.FilterRules ?? [];
      const filter = (name: string) => filters.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
      return { events: Events, queueArn: QueueArn, prefix: filter('prefix'), suffix: filter('suffix') };
    });
    for (const queueArn of new Set(rules.map((rule) => rule.queueArn))) {
      const event = { Service: 'Amazon S3', Event: 's3:TestEvent', Time: new Date().toISOString(), Bucket: bucket };
      if (await this.#send(bucket, queueArn, event)) continue;
      throw new Error(
        `Unable to validate the following destination configurations: ${queueArn} does not allow s3.amazonaws.com to perform ${this.#options.authorizer.denials.at(-1)?.action}`,
      );
    }
    this.#rules.set(bucket, rules);
  }

  /** The notifications of a bucket as `GetBucketNotificationConfiguration` answers them, in XML. */
  describe(bucket: string): string {
    const rules = (this.#rules.get(bucket) ?? []).map(({ queueArn, events, prefix, suffix }, index) => {
      const filters = Object.entries({ Prefix: prefix, Suffix: suffix }).filter(([, value]) => value !== '');
      const filter = filters
        .map(([name, value]) => xml('FilterRule', xml('Name', name) + xml('Value', value)))
        .join('');
      const names = events.map((event) => xml('Event', event)).join('');
      const key = filter === '' ? '' : xml('Filter', xml('S3Key', filter));
      return xml('QueueConfiguration', xml('Id', String(index)) + xml('Queue', queueArn) + names + key);
    });
    return `<?xml version="1.0" encoding="UTF-8"?>\n${xml('NotificationConfiguration', rules.join(''))}`;
  }

  async notify(change: ObjectChange): Promise<void> {
    const name = change.kind === 'created' ? 'ObjectCreated:Put' : 'ObjectRemoved:Delete';
    for (const { events, queueArn, prefix, suffix } of this.#rules.get(change.bucket) ?? []) {
      const matches = events.some(
        (event) => event === `s3:${name}` || `s3:${name}`.startsWith(event.replace(/\*$/, '')),
      );
      if (!matches || !change.key.startsWith(prefix) || !change.key.endsWith(suffix)) continue;
      await this.#send(change.bucket, queueArn, { Records: [this.#record(name, change)] });
    }
  }

  #record(eventName: string, { bucket, key, size, etag, version, kind }: ObjectChange): unknown {
    this.#sequence += 1;
    const object = {
      // As in forms: spaces are plus signs, slashes stay.
      key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
      ...(kind === 'created' ? { size, eTag: etag } : {}),
      ...(version === undefined ? {} : { versionId: version }),
      sequencer: this.#sequence.toString(16).toUpperCase().padStart(18, '0'),
    };
    return {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: this.#options.region,
      eventTime: new Date().toISOString(),
      eventName,
      userIdentity: { principalId: 'AWS:EXAMPLE' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: { 'x-amz-request-id': String(this.#sequence) },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'template',
        bucket: { name: bucket, ownerIdentity: { principalId: 'EXAMPLE' }, arn: `arn:aws:s3:::${bucket}` },
        object,
      },
    };
  }

  async #send(bucket: string, queueArn: string, body: unknown): Promise<boolean> {
    const { authorizer, sqs, queueUrl, account, keys } = this.#options;
    const source = { 'aws:SourceArn': `arn:aws:s3:::${bucket}`, 'aws:SourceAccount': account };
    const principal = { arn: 's3.amazonaws.com', context: source };
    const access = { action: 'sqs:SendMessage', resource: queueArn };
    for (const needed of [access, ...keyAccesses(access, keys, this.#options)]) {
      if (!(await authorizer.isAllowed(principal, needed))) return false;
    }
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(queueArn), MessageBody: JSON.stringify(body) }));
    return true;
  }
}

function xml(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}
