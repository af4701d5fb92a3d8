import type { QueueConfiguration } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { type StoppedWorker, watchHandler } from '../../../lambdas/watch/handler.ts';
import { missingNotifications, watchedEvents } from '../../../lambdas/watch/missing-notifications.ts';
import { openWatchPorts } from '../../../lambdas/watch/open-ports.ts';
import { httpAnswers } from '../../support/http-answers.ts';

const queueArn = 'arn:aws:sqs:eu-central-1:123456789012:uploads';
const other = 'arn:aws:sqs:eu-central-1:123456789012:other';

const filter = (Name: 'prefix' | 'suffix', Value: string): QueueConfiguration['Filter'] => ({
  Key: { FilterRules: [{ Name, Value }] },
});

const entry = (more: Partial<QueueConfiguration> = {}): QueueConfiguration => ({
  QueueArn: queueArn,
  Events: [...watchedEvents],
  ...more,
});

const cases: readonly [name: string, prefix: string, QueueConfigurations: QueueConfiguration[], missing: number][] = [
  ['sends everything to the queue', '', [entry()], 0],
  ['sends each event by its own entry', '', watchedEvents.map((event) => entry({ Events: [event] })), 0],
  ['has no notifications', '', [], 3],
  ['sends everything to another queue', '', [entry({ QueueArn: other })], 3],
  ['sends only uploads', '', [entry({ Events: ['s3:ObjectCreated:*'] })], 2],
  ['sends only some kinds of uploads', '', [entry({ Events: ['s3:ObjectCreated:Put'] })], 3],
  ['sends the watched prefix', 'in/', [entry({ Filter: filter('prefix', 'in/') })], 0],
  ['sends a broader prefix', 'in/', [entry({ Filter: filter('prefix', 'i') })], 0],
  ['sends a narrower prefix', 'in/', [entry({ Filter: filter('prefix', 'in/2026/') })], 3],
  ['sends one prefix of all', '', [entry({ Filter: filter('prefix', 'in/') })], 3],
  ['sends one suffix of all', '', [entry({ Filter: filter('suffix', '.jpg') })], 3],
];

describe('the check of bucket notifications', () => {
  it.each(cases)('of a bucket that %s', (_, prefix, QueueConfigurations, missing) => {
    expect(missingNotifications({ QueueConfigurations }, { queueArn, prefix })).toHaveLength(missing);
  });

  it('accepts a bucket without queues', () => {
    expect(missingNotifications({}, { queueArn, prefix: '' })).toEqual([...watchedEvents]);
  });
});

describe('the notifications of a bucket on S3', () => {
  const ports = async (status: number, xml: string) => {
    const unexpected: string[] = [];
    const AWS_ENDPOINT = await httpAnswers(({ method, url }, _, response) => {
      if (method !== 'GET' || !/^\/drop\/?\?notification/.test(url ?? '')) unexpected.push(`${method} ${url}`);
      response.writeHead(status, { 'content-type': 'application/xml' }).end(xml);
    });
    const environment = { WATCHED_BUCKET: 'drop', WATCHED_PREFIX: 'in/', UPLOADS_QUEUE_ARN: queueArn, AWS_ENDPOINT };
    return { ports: openWatchPorts(environment), unexpected };
  };
  // S3 answers the names of filter rules with a capital, whatever was written.
  const rule = '<Filter><S3Key><FilterRule><Name>Prefix</Name><Value>in/</Value></FilterRule></S3Key></Filter>';
  const configuration = (arn: string) =>
    watchedEvents.map(
      (event, index) =>
        `<QueueConfiguration><Id>${index}</Id><Queue>${arn}</Queue><Event>${event}</Event>${rule}</QueueConfiguration>`,
    );
  const answered = (content: string) => `<NotificationConfiguration>${content}</NotificationConfiguration>`;

  it('are read as S3 writes them', async () => {
    const complete = await ports(200, answered(configuration(queueArn).join('')));
    expect(await complete.ports.missingNotifications()).toEqual([]);
    const overwritten = await ports(200, answered(configuration(other).join('')));
    expect(await overwritten.ports.missingNotifications()).toEqual([...watchedEvents]);
    const removed = await ports(200, answered(''));
    expect(await removed.ports.missingNotifications()).toEqual([...watchedEvents]);
    expect([complete, overwritten, removed].flatMap(({ unexpected }) => unexpected)).toEqual([]);
  });

  it('are not taken for missing if they cannot be read', async () => {
    const denied = await ports(403, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    await expect(denied.ports.missingNotifications()).rejects.toThrow('Access Denied');
  });
});

describe('the watch function', () => {
  const watch = (missing: readonly string[] = []) => {
    const seen: { missing: (readonly string[])[]; workers: StoppedWorker[]; uses: number } = {
      missing: [],
      workers: [],
      uses: 0,
    };
    const handle = watchHandler(
      {
        missingNotifications: async () => missing,
        useQueue: async () => {
          seen.uses += 1;
        },
      },
      {
        checkedNotifications: (events) => seen.missing.push(events),
        workerFailed: (worker) => seen.workers.push(worker),
      },
    );
    return { seen, handle };
  };

  const stopped = (detail: object) => ({
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: {
      taskArn: 'arn:aws:ecs:eu-central-1:123456789012:task/cluster/0123abcd',
      lastStatus: 'STOPPED',
      ...detail,
    },
  });

  it('reports missing notifications on its schedule, and that none is missing', async () => {
    const { seen, handle } = watch(['s3:ObjectCreated:*']);
    await handle({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
    expect(seen).toEqual({ missing: [['s3:ObjectCreated:*']], workers: [], uses: 1 });
    const complete = watch();
    await complete.handle({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
    expect(complete.seen).toEqual({ missing: [[]], workers: [], uses: 1 });
  });

  it('reports a worker that exits with an error, and one whose image cannot be pulled', async () => {
    const { seen, handle } = watch();
    const reason = 'Essential container in task exited';
    await handle(
      stopped({ stopCode: 'EssentialContainerExited', stoppedReason: reason, containers: [{ exitCode: 1 }] }),
    );
    await handle(stopped({ stopCode: 'TaskFailedToStart', containers: [{ name: 'Worker' }] }));
    expect(seen.uses).toBe(0);
    expect(seen.workers).toEqual([
      { task: '0123abcd', stopCode: 'EssentialContainerExited', reason, exitCode: 1 },
      { task: '0123abcd', stopCode: 'TaskFailedToStart', reason: undefined, exitCode: undefined },
    ]);
  });

  it('fails on another event', async () => {
    await expect(watch().handle({ Records: [] })).rejects.toThrow();
  });
});
