import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withGuardedStore } from '../../../cli/engine/guard-store.ts';
import type { OpenedLocation } from '../../../cli/engine/locations.ts';
import { startRunRecord } from '../../../jobs/progress/run-record.ts';
import { jobRunKey } from '../../../shared/stores/keys.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bytes = Buffer.from('rows');

function openedStore(kind: OpenedLocation['kind'] = 'folder'): OpenedLocation {
  const bucket = join(temporaryFolder(), 'store');
  mkdirSync(join(bucket, 'results'), { recursive: true });
  return { kind, bucket, prefix: '', objects: new FolderStore() };
}

it('writes, reads, lists and removes objects while the folder of the store is the same', async () => {
  const store = openedStore();
  const { bucket } = store;
  const seen = await withGuardedStore(store, async ({ objects }) => {
    await objects.write({ bucket, key: 'results/1' }, bytes);
    expect(await objects.create({ bucket, key: 'jobs/1' }, bytes)).toBe(true);
    await objects.remove({ bucket, key: 'jobs/1' });
    expect(await objects.readRange({ bucket, key: 'results/1' }, { offset: 0, length: 2 })).toEqual(
      bytes.subarray(0, 2),
    );
    expect(await objects.read({ bucket, key: 'results/1' }, { maxBytes: 9 })).toMatchObject({ bytes });
    return Array.fromAsync(objects.list(bucket, ''));
  });
  expect(seen.map(({ key }) => key)).toEqual(['results/1']);
});

const removals = [
  ['was removed', (folder: string) => rmSync(folder, { recursive: true })],
  [
    'was removed and made again',
    (folder: string) => {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    },
  ],
  [
    'was renamed and made again',
    (folder: string) => {
      renameSync(folder, `${folder}-before`);
      mkdirSync(folder);
    },
  ],
] as const;

const writes: Record<string, (store: OpenedLocation) => Promise<unknown>> = {
  'a part': ({ objects, bucket }) => objects.write({ bucket, key: 'results/1' }, bytes),
  'a marker': ({ objects, bucket }) => objects.create({ bucket, key: 'jobs/1' }, bytes),
  'a removal': ({ objects, bucket }) => objects.remove({ bucket, key: 'jobs/other' }),
  nothing: async () => {},
};

it.each(
  removals.flatMap(([how, remove]) =>
    [
      ['the store', ''],
      ['its results', 'results'],
    ].flatMap(([what = '', name = '']) =>
      Object.entries(writes).map(([object, write]) => [what, how, object, { name, remove, write }] as const),
    ),
  ),
)('after the folder of %s %s, %s is not written, and the work fails', async (_what, _how, _object, test) => {
  const store = openedStore();
  const folder = join(store.bucket, test.name);
  const work = withGuardedStore(store, async (guarded) => {
    test.remove(folder);
    // As in the folder of another disk: it is not the store, and stays as it is.
    mkdirSync(join(store.bucket, 'jobs'), { recursive: true });
    writeFileSync(join(store.bucket, 'jobs/other'), bytes);
    await test.write(guarded);
  });
  const message = `the folder ${folder} was removed, or its disk unmounted, while results were written to it: run again when it is back`;
  await expect(work).rejects.toMatchObject({ name: 'UserError', message });
  expect(['results/1', 'jobs/1'].some((key) => existsSync(join(store.bucket, key)))).toBe(false);
  expect(existsSync(join(store.bucket, 'jobs/other'))).toBe(true);
});

it('a record of progress does not create the folder again', async () => {
  const store = openedStore();
  const work = withGuardedStore(store, async (guarded) => {
    const counts = () => ({ total: 2, done: 0, classified: 1, rejected: 0 });
    const run = { command: 'run', job: 'photos', source: '/photos', model: 'tiny@1', counts } as const;
    const record = await startRunRecord(guarded.objects, guarded, run);
    expect(existsSync(join(store.bucket, jobRunKey('photos')))).toBe(true);
    rmSync(store.bucket, { recursive: true });
    await record.end(false);
  });
  await expect(work).rejects.toThrow('was removed');
  expect(existsSync(store.bucket)).toBe(false);
});

it('checks no folder that has the name of a bucket', async () => {
  const store = openedStore('s3');
  await withGuardedStore(store, async ({ objects, bucket }) => {
    rmSync(bucket, { recursive: true });
    await objects.write({ bucket, key: 'results/1' }, bytes);
  });
  expect(existsSync(join(store.bucket, 'results/1'))).toBe(true);
});
