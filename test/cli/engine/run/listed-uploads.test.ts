import { expect, it } from 'vitest';
import { listedUploads } from '../../../../cli/engine/run/listed-uploads.ts';
import { Tally } from '../../../../cli/engine/run/tally.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import type { ListedObject } from '../../../../shared/stores/ports.ts';

const modified = new Date('2026-01-02T03:04:05Z');

async function uploads(...found: Partial<ListedObject>[]) {
  const objects = new FolderStore();
  objects.list = async function* () {
    yield* found.map((object) => ({ bucket: 'drop', key: 'a.jpg', etag: 'e', size: 1, modified, ...object }));
  };
  const place = { objects, bucket: 'drop', prefix: '', kind: 's3' as const };
  return Array.fromAsync(listedUploads(place, 'job', new Map(), new Tally()));
}

it('an object in the listing of a bucket counts as present since the listing began, even if it is older', async () => {
  const before = new Date();
  const [upload] = await uploads({});
  expect(upload?.eventTime.getTime()).toBeGreaterThanOrEqual(before.getTime());
});

it('an object written during the listing counts as present since it was written', async () => {
  const later = new Date(Date.now() + 60_000);
  expect(await uploads({ modified: later })).toMatchObject([{ eventTime: later }]);
});
