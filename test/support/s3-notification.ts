/** A record of an S3 notification: an object of 1 byte was created, unless fields of `object` or `record` say otherwise. */
export function s3Record(
  bucket: string,
  key: string,
  { object = {}, ...record }: { object?: object; eventTime?: string } = {},
) {
  return {
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2026-01-02T03:04:05.000Z',
    ...record,
    s3: { bucket: { name: bucket }, object: { key: formEncoded(key), size: 1, eTag: 'x', sequencer: '0', ...object } },
  };
}

/** The notification of uploads to a bucket. */
export function s3Notification(bucket: string, ...keys: readonly string[]) {
  return { Records: keys.map((key) => s3Record(bucket, key)) };
}

function formEncoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+');
}
