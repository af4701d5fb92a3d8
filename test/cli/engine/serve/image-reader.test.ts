import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { imageReader } from '../../../../cli/engine/serve/image-reader.ts';
import { FolderStore } from '../../../../shared/stores/local/folder-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

it('results in a bucket cannot name local folders to read', async () => {
  const bucket = temporaryFolder();
  await writeFile(join(bucket, 'a.jpg'), 'bytes');
  const read = (reader: ReturnType<typeof imageReader>) =>
    reader.read({ bucket, key: 'a.jpg' }, { maxBytes: 100 }).then(({ bytes }) => Buffer.from(bytes).toString());
  expect(await read(imageReader({}, { store: 'folder', moved: undefined }))).toBe('bytes');
  await expect(read(imageReader({}, { store: 's3', moved: undefined }))).rejects.toMatchObject({
    reason: 'unreadable',
  });
  const moved = {
    kind: 'folder',
    objects: new FolderStore(),
    bucket: dirname(bucket),
    prefix: basename(bucket),
  } as const;
  expect(await read(imageReader({}, { store: 's3', moved }))).toBe('bytes');
});
