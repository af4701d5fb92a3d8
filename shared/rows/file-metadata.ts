/**
 * The key-value metadata of every Parquet file that is written: what the file contains, for people and catalogues that find
 * it without its store, and the format of parts, for readers. One value in JSON, because the library that encodes parts
 * writes several in an order that varies, and the same rows have to give the same bytes.
 */
export const metadataKey = 'inception_batch';

/**
 * Latest format of parts that is read. Raised by a change that earlier versions would misread; parts without one have 1.
 *
 * 2: the column `regions`, which the `compact` of earlier versions would drop.
 */
export const partFormat = 2;

const partDescription = 'Results of inception-batch: a row for every time an image was classified, rejected or deleted';

/** Value for a part: rows in the columns of `schema.ts`. */
export function partMetadata({ hasRegions }: { readonly hasRegions: boolean }): string {
  return JSON.stringify({ description: partDescription, format: hasRegions ? 2 : 1 });
}

/** Value for a part of embeddings of regions: rows in the columns of `region-schema.ts`. */
export const regionPartMetadata = JSON.stringify({
  description: 'Embeddings of regions of inception-batch: a row for every region that was kept',
  format: 2,
});

/** Value for a list of the images of a job. */
export const listMetadata = JSON.stringify({ description: 'Images submitted to a job of inception-batch' });

/** Value for a file that `results` or `failures` exported. */
export const exportMetadata = JSON.stringify({ description: 'Rows exported from the results of inception-batch' });
