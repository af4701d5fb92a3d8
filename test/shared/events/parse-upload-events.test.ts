import { describe, expect, it } from 'vitest';
import { MalformedEvent } from '../../../shared/events/malformed-event.ts';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { eventBridge, eventsOf, notification, record, sns } from '../../support/upload-messages.ts';

describe('an S3 notification', () => {
  it('names the uploaded object', () => {
    const object = { key: 'cats/1.jpg', size: 1234, eTag: 'abc', versionId: 'v1', sequencer: '0A1B' };
    expect(eventsOf(notification(record({ object })))).toEqual([
      {
        kind: 'created',
        bucket: 'drop',
        key: 'cats/1.jpg',
        versionId: 'v1',
        etag: 'abc',
        size: 1234,
        sequencer: '0A1B',
        eventTime: new Date('2026-03-14T09:26:53.589Z'),
        job: 'cats',
      },
    ]);
  });

  it('is parsed from text and from parsed JSON', () => {
    const body = notification(record({}));
    expect(eventsOf(JSON.stringify(body))).toEqual(eventsOf(body));
  });

  it.each([
    ['two+words.jpg', 'two words.jpg'],
    ['one%2Bone.jpg', 'one+one.jpg'],
    ['100%25.jpg', '100%.jpg'],
    ['%252B.jpg', '%2B.jpg'],
    ['gr%C3%BCn/%E6%97%A5%E6%9C%AC.jpg', 'grün/日本.jpg'],
    ['%F0%9F%A6%8A.jpg', '🦊.jpg'],
    ['a/b-c_d.e!f*(g).jpg', 'a/b-c_d.e!f*(g).jpg'],
  ])('with the key %s is of the object %s', (key, expected) => {
    expect(eventsOf(notification(record({ object: { key } })))).toMatchObject([{ key: expected }]);
  });

  it.each([
    ['ObjectCreated:Put', ['created']],
    ['ObjectCreated:CompleteMultipartUpload', ['created']],
    ['ObjectCreated:Copy', ['created']],
    ['ObjectRestore:Completed', ['created']],
    ['ObjectRemoved:Delete', ['deleted']],
    ['ObjectRemoved:DeleteMarkerCreated', ['deleted']],
    ['ObjectRestore:Post', []],
    ['ObjectTagging:Put', []],
    ['LifecycleExpiration:Delete', ['deleted']],
    ['LifecycleExpiration:DeleteMarkerCreated', ['deleted']],
    ['LifecycleTransition', []],
  ])('of %s has the kinds %j', (eventName, kinds) => {
    expect(eventsOf(notification(record({ eventName }))).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('keeps the order of its events and ignores other kinds', () => {
    const records = ['a', 'b', 'c'].map((key, index) =>
      record({ object: { key }, eventName: index === 1 ? 'ObjectTagging:Put' : 'ObjectCreated:Put' }),
    );
    expect(eventsOf(notification(...records)).map(({ key }) => key)).toEqual(['a', 'c']);
  });

  it.each(['', 'null'])('of a bucket without versions has no version instead of "%s"', (versionId) => {
    const [event] = eventsOf(notification(record({ object: { key: 'k', versionId } })));
    expect(event?.versionId).toBeUndefined();
  });

  it('of a deletion needs neither size nor etag', () => {
    const deletion = record({ eventName: 'ObjectRemoved:Delete', object: { key: 'k', sequencer: '1' } });
    expect(eventsOf(notification(deletion))).toMatchObject([
      { kind: 'deleted', key: 'k', size: undefined, etag: undefined },
    ]);
  });

  it('names a version that was deleted, but not the id of a delete marker', () => {
    const object = { key: 'k', versionId: 'v1' };
    const records = ['ObjectRemoved:Delete', 'ObjectRemoved:DeleteMarkerCreated'].map((eventName) =>
      record({ eventName, object }),
    );
    expect(eventsOf(notification(...records)).map(({ versionId }) => versionId)).toEqual(['v1', undefined]);
  });

  it('has the first folder of its key as its job, or `default`', () => {
    const keys = ['cats/young/1.jpg', '1.jpg', '/1.jpg', '../1.jpg', './1.jpg', '..b/1.jpg'];
    const events = keys.map((key) => record({ object: { key } }));
    expect(eventsOf(notification(...events)).map(({ job }) => job)).toEqual([
      'cats',
      ...['default', 'default', 'default', 'default'],
      '..b',
    ]);
  });

  it('of the test event has no uploads', () => {
    expect(eventsOf({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'drop' })).toEqual([]);
  });
});

describe('an S3 notification with an invalid record', () => {
  const good = (key: string) => record({ object: { key } });

  it.each([
    ['an invalid key', record({ object: { key: 'bad%zz.jpg' } }), 'expected a form-encoded key, got "bad%zz.jpg"'],
    ['no object', { ...record({}), s3: {} }, 'expected an S3 notification: Records.1.s3.bucket'],
    ['another type', 'text', 'expected an S3 notification: Records.1: '],
  ])('keeps the valid records and says what is wrong with the other one: %s', (_name, bad, problem) => {
    const { events, invalidRecords } = parseUploadEvents({ Records: [good('1.jpg'), bad, good('2.jpg')] });
    expect(events.map(({ key }) => key)).toEqual(['1.jpg', '2.jpg']);
    expect(invalidRecords).toEqual([expect.stringContaining(`record 2 of 3: ${problem}`)]);
  });
});

describe('an S3 notification of another server', () => {
  const eventNames = ['s3:ObjectCreated:Put', 's3:ObjectRemoved:DeleteMarkerCreated', 's3:ObjectAccessed:Get'];

  it.each([
    ['minio:s3', 'a%2Fb+c.jpg', 'a/b c.jpg'],
    ['ceph:s3', 'a/b c.jpg', 'a/b c.jpg'],
    ['ceph:s3', 'a+b.jpg', 'a+b.jpg'],
    ['ceph:s3', 'x%20y.jpg', 'x%20y.jpg'],
    ['ceph:s3', '50%.jpg', '50%.jpg'],
  ])('from %s with the key %s is of the object %s', (eventSource, key, expected) => {
    const records = eventNames.map((eventName) => ({
      ...record({ eventName, object: { key, versionId: 'v1' } }),
      eventSource,
    }));
    const { events, otherEvents } = parseUploadEvents({ EventName: eventNames[0], Records: records });
    expect(events).toMatchObject([
      { kind: 'created', key: expected, versionId: 'v1' },
      { kind: 'deleted', key: expected, versionId: undefined },
    ]);
    expect(otherEvents).toEqual(['ObjectAccessed:Get']);
  });

  it.each([
    ['ObjectLifecycle:Expiration:Current', [{ kind: 'deleted', versionId: undefined }]],
    ['ObjectLifecycle:Expiration:Noncurrent', [{ kind: 'deleted', versionId: 'v1' }]],
    ['ObjectLifecycle:Expiration:DeleteMarker', [{ kind: 'deleted', versionId: undefined }]],
    ['ObjectLifecycle:Expiration:AbortMPU', []],
    ['ObjectLifecycle:Transition:Current', []],
  ])('of the expiry %s has the deletions %j', (eventName, expected) => {
    const expiry = { ...record({ eventName, object: { key: 'k', versionId: 'v1' } }), eventSource: 'ceph:s3' };
    expect(eventsOf(notification(expiry))).toMatchObject(expected);
  });

  it('from a server that is not known is rejected with the names of those that are', () => {
    const other = { ...record({}), eventSource: 'other:s3' };
    const problem = 'Records.0.eventSource: expected "aws:s3", "minio:s3" or "ceph:s3"';
    expect(String(thrownBy(() => parseUploadEvents(notification(other))))).toContain(problem);
  });
});

describe('an event that is neither an upload nor a deletion', () => {
  it.each([
    ['in a notification', notification(record({ eventName: 'ObjectTagging:Put' })), ['ObjectTagging:Put']],
    ['with an unknown name', notification(record({ eventName: 'ObjectCopied' })), ['ObjectCopied']],
    ['of EventBridge', eventBridge('Object Tags Added', { key: 'k' }), ['Object Tags Added']],
    ['that S3 sends as a test', { Service: 'Amazon S3', Event: 's3:TestEvent' }, ['TestEvent']],
  ])('is named: %s', (_name, message, otherEvents) => {
    expect(parseUploadEvents(message)).toEqual({ events: [], otherEvents, invalidRecords: [] });
  });
});

describe('a message that is not an upload event', () => {
  it.each<[string, unknown, string]>([
    ['text that is not JSON', '{"Records": [', 'expected an S3 event as JSON, got "{\\"Records\\": ["'],
    ['empty text', '', 'expected an S3 event as JSON, got ""'],
    ['null', null, 'got null'],
    ['undefined', undefined, 'got undefined'],
    ['a number', 7, 'got 7'],
    ['an array', [notification(record({}))], 'got an array'],
    ['an empty object', {}, 'got an empty object'],
    ['something else', { order: 1, items: [] }, 'got an object with the fields order, items'],
    ['records of a queue', { Records: [{ eventSource: 'aws:sqs' }] }, 'Records.0.eventSource'],
    ['records that are not a list', { Records: 'none' }, 'expected an S3 notification: Records'],
    ['a record without an object', notification({ ...record({}), s3: { bucket: { name: 'drop' } } }), 's3.object'],
    ['a record without a time', notification({ ...record({}), eventTime: 'today' }), 'Records.0.eventTime'],
    ['a record without a key', notification(record({ object: { key: '' } })), 's3.object.key'],
    [
      'a key with an invalid encoding',
      notification(record({ object: { key: 'cats/100%.jpg' } })),
      'got "cats/100%.jpg"',
    ],
    ['a key that is not UTF-8', notification(record({ object: { key: '%FF' } })), 'got "%FF"'],
    ['an event of another service', { ...eventBridge('Object Created', { key: 'k' }), source: 'aws.ec2' }, 'source'],
    ['an SNS notification of something else', sns({ alarm: 'on' }), 'got an object with the field alarm'],
    ['an SNS confirmation', { ...sns({}), Type: 'SubscriptionConfirmation' }, 'expected an SNS notification: Type'],
  ])('is rejected in one line that describes it: %s', (_name, body, message) => {
    const error = thrownBy(() => parseUploadEvents(body));
    expect(error).toBeInstanceOf(MalformedEvent);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('\n');
  });

  it('is described in few words even if it is long', () => {
    expect(String(thrownBy(() => parseUploadEvents('x'.repeat(1_000_000)))).length).toBeLessThan(200);
  });
});

/** The uploads and deletions of a message. */
function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
