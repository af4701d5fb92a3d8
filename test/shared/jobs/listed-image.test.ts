import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../results/open/database.ts';
import { encodeListedImages, type ListedImage } from '../../../shared/jobs/listed-image.ts';
import { metadataKey } from '../../../shared/rows/file-metadata.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const image: ListedImage = {
  job: 'autumn 2019',
  bucket: 'archive',
  key: 'photos/a.jpg',
  version: null,
  etag: 'e1',
  bytes: 5 * 2 ** 40,
  model: 'googlenet@0123456789ab',
  preprocess: 'fedcba9876543210',
  submitted_at: new Date('2026-03-14T10:02:11.125Z'),
};
const images = [image, { ...image, key: 'grün/日本 🦊.jpg', version: 'v1', bytes: 0 }];

describe('a list of images', () => {
  it('is read by DuckDB unchanged, with its types', async () => {
    const path = join(temporaryFolder(), 'images.parquet');
    await writeFile(path, encodeListedImages(images));
    const { connection, close } = await openDatabase(join(path, '..', 'spill'));
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
    expect(reader.columnNames()).toEqual(Object.keys(image));
    expect(reader.columnTypes().join()).toBe(
      'VARCHAR,VARCHAR,VARCHAR,VARCHAR,VARCHAR,BIGINT,VARCHAR,VARCHAR,TIMESTAMP WITH TIME ZONE',
    );
    expect(reader.getRowObjectsJS()).toEqual(images.map((row) => ({ ...row, bytes: BigInt(row.bytes) })));
    close();
  });

  it('is read by hyparquet too, and may be empty', async () => {
    const rowsOf = (rows: readonly ListedImage[]) =>
      parquetReadObjects({ file: Uint8Array.from(encodeListedImages(rows)).buffer });
    expect(await rowsOf(images)).toEqual(images.map((row) => ({ ...row, bytes: BigInt(row.bytes) })));
    expect(await rowsOf([])).toEqual([]);
  });

  it('states what it is in its metadata', () => {
    const { key_value_metadata: metadata } = parquetMetadata(Uint8Array.from(encodeListedImages(images)).buffer);
    const stated = metadata?.find(({ key }) => key === metadataKey)?.value ?? '';
    expect(JSON.parse(stated)).toEqual({ description: 'Images submitted to a job of inception-batch' });
  });
});
