import { createHash } from 'node:crypto';

/** One version of an image object: the unit of work and of identity. */
export interface ImageVersion {
  readonly bucket: string;
  readonly key: string;
  /** Of the bytes that were read; without quotation marks. */
  readonly etag: string;
  /** In versioned buckets only. */
  readonly versionId?: string | undefined;
}

/** `bucket/key@version`: the identity of an image version, the same for every event, message and retry about it. */
export function imageId(image: ImageVersion): string {
  return `${image.bucket}/${image.key}@${image.versionId ?? image.etag}`;
}

/** 16 hexadecimal digits that stand for an image in logs, which must not contain keys: keys are user data. */
export function imageDigest(image: ImageVersion): string {
  return createHash('sha256').update(imageId(image)).digest('hex').slice(0, 16);
}
