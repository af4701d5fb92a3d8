/**
 * The key-value metadata of every Parquet file that is written: what the file contains, for people and catalogues that find
 * it without its store, and the format of parts, for readers. One value in JSON, because the library that encodes parts
 * writes several in an order that varies, and the same rows have to give the same bytes.
 */
export const metadataKey = 'inception_batch';

/** Format of the parts that are written. Raised by a change that earlier versions would misread; parts without one have 1. */
export const partFormat = 1;

/** Value for a part: rows in the columns of `schema.ts`. */
export const partMetadata = JSON.stringify({
  description: 'Results of inception-batch: a row for every time an image was classified, rejected or deleted',
  format: partFormat,
});

/** Value for a list of the images of a job. */
export const listMetadata = JSON.stringify({ description: 'Images submitted to a job of inception-batch' });

/** Value for a file that `results` or `failures` exported. */
export const exportMetadata = JSON.stringify({ description: 'Rows exported from the results of inception-batch' });
