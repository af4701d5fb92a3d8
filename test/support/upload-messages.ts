import { parseUploadEvents } from '../../shared/events/parse-upload-events.ts';

const eventTime = '2026-03-14T09:26:53.589Z';

export function eventsOf(body: unknown) {
  return parseUploadEvents(body).events;
}

export function record({
  eventName = 'ObjectCreated:Put',
  object = { key: 'k' },
}: {
  eventName?: string;
  object?: object;
}) {
  return { eventSource: 'aws:s3', eventName, eventTime, s3: { bucket: { name: 'drop' }, object } };
}

export function notification(...Records: object[]) {
  return { Records };
}

export function eventBridge(detailType: string, object: object) {
  return {
    source: 'aws.s3',
    'detail-type': detailType,
    time: '2026-03-14T09:26:53Z',
    detail: { bucket: { name: 'drop' }, object },
  };
}

export function sns(inner: object) {
  return {
    Type: 'Notification',
    TopicArn: 'arn:aws:sns:us-east-1:123456789012:uploads',
    Message: JSON.stringify(inner),
  };
}
