import { describe, expect, it } from 'vitest';
import { parseUploadEvents } from '../../../shared/events/parse-upload-events.ts';
import { eventBridge, eventsOf } from '../../support/upload-messages.ts';

describe('a list of EventBridge events', () => {
  it('contains all their objects, also next to an invalid event', () => {
    const events = ['1.jpg', '', '2.jpg'].map((key) => eventBridge('Object Created', { key }));
    const message = parseUploadEvents(JSON.stringify(events));
    expect(message.events.map(({ key }) => key)).toEqual(['1.jpg', '2.jpg']);
    expect(message.invalidRecords).toEqual([expect.stringMatching(/^record 2 of 3: expected an EventBridge event/)]);
  });
});

describe('an EventBridge event', () => {
  it('names the uploaded object by its key, which is not encoded', () => {
    const object = { key: 'dogs/a+b 100%.jpg', size: 5, etag: 'abc', sequencer: '0A', 'version-id': 'v1' };
    expect(eventsOf(eventBridge('Object Created', object))).toEqual([
      {
        kind: 'created',
        bucket: 'drop',
        key: 'dogs/a+b 100%.jpg',
        versionId: 'v1',
        etag: 'abc',
        size: 5,
        sequencer: '0A',
        eventTime: new Date('2026-03-14T09:26:53Z'),
        job: 'dogs',
      },
    ]);
  });

  it.each([
    ['Object Restore Completed', ['created']],
    ['Object Deleted', ['deleted']],
    ['Object Tags Added', []],
    ['Object Storage Class Changed', []],
  ])('of %s has the kinds %j', (detailType, kinds) => {
    expect(eventsOf(eventBridge(detailType, { key: 'k' })).map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('an EventBridge event of a deletion', () => {
  it.each([
    ['Permanently Deleted', 'v1'],
    ['Delete Marker Created', undefined],
  ])('of the type %s names the version %s', (deletionType, versionId) => {
    const event = eventBridge('Object Deleted', { key: 'k', 'version-id': 'v1' });
    const detail = { ...event.detail, 'deletion-type': deletionType };
    expect(eventsOf({ ...event, detail })).toMatchObject([{ kind: 'deleted', versionId }]);
  });
});
