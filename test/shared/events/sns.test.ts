import { describe, expect, it } from 'vitest';
import { MalformedEvent } from '../../../shared/events/malformed-event.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { eventBridge, eventsOf, notification, record, sns } from '../../support/upload-messages.ts';

describe('an SNS notification', () => {
  it.each([
    ['an S3 notification', notification(record({ object: { key: 'two+words.jpg' } })), ['two words.jpg']],
    ['an EventBridge event', eventBridge('Object Created', { key: 'two+words.jpg' }), ['two+words.jpg']],
    ["S3's test event", { Service: 'Amazon S3', Event: 's3:TestEvent' }, []],
  ])('is unwrapped when it contains %s', (_name, inner, keys) => {
    expect(eventsOf(sns(inner)).map(({ key }) => key)).toEqual(keys);
  });

  it('is not unwrapped twice', () => {
    expect(() => parseUploadEvents(sns(sns(notification(record({})))))).toThrow(MalformedEvent);
  });
});

describe('records that SNS passes to a function', () => {
  const snsRecord = (inner: object) => ({ EventSource: 'aws:sns', EventVersion: '1.0', Sns: sns(inner) });

  it('contain the events of each message', () => {
    const messages = [
      notification(record({ object: { key: '1.jpg' } })),
      eventBridge('Object Created', { key: '2+.jpg' }),
    ];
    expect(eventsOf({ Records: messages.map(snsRecord) }).map(({ key }) => key)).toEqual(['1.jpg', '2+.jpg']);
  });

  it('do not affect each other if a message is invalid', () => {
    const records = [snsRecord({ alarm: 'on' }), snsRecord(notification(record({ object: { key: '1.jpg' } })))];
    const { events, invalidRecords } = parseUploadEvents({ Records: records });
    expect(events.map(({ key }) => key)).toEqual(['1.jpg']);
    expect(invalidRecords).toEqual([
      expect.stringMatching(/^record 1 of 2: expected .* got an object with the field alarm$/),
    ]);
  });

  it('name the record and its message if a record is invalid', () => {
    const good = record({ object: { key: '1.jpg' } });
    const messages = [notification(good), notification(good, record({ object: { key: '100%.jpg' } }))];
    expect(parseUploadEvents({ Records: messages.map(snsRecord) }).invalidRecords).toEqual([
      'record 2 of 2 in record 2 of 2: expected a form-encoded key, got "100%.jpg"',
    ]);
  });

  it('are not unwrapped twice', () => {
    const nested = { Records: [snsRecord({ Records: [snsRecord(notification(record({})))] })] };
    expect(() => parseUploadEvents(nested)).toThrow(MalformedEvent);
  });
});
