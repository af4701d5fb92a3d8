import { createHash } from 'node:crypto';

/** An image as it stood at one moment: the unit of work and of identity. */
export interface ImageVersion {
  readonly bucket: string;
  readonly key: string;
  /** Of the bytes that were read; without quotation marks. */
  readonly etag: string;
  /** Where the bucket keeps versions. */
  readonly versionId?: string | undefined;
}

/** `bucket/key@version`: the identity of an image version, the same for every event, message and retry about it. */
export function imageId(image: ImageVersion): string {
  return `${image.bucket}/${image.key}@${image.versionId ?? image.etag}`;
}

/** 16 hexadecimal digits for an image in logs, where its key, being people's data, may not stand: results have its id. */
export function imageDigest(image: ImageVersion): string {
  return createHash('sha256').update(imageId(image)).digest('hex').slice(0, 16);
}
