/** An object that was put into a bucket or deleted from it. */
export interface UploadEvent {
  /** `deleted`: the version that is named or, without one, the key as a whole. */
  readonly kind: 'created' | 'deleted';
  readonly bucket: string;
  /** The object's name, decoded. */
  readonly key: string;
  /** If the bucket keeps versions. */
  readonly versionId?: string | undefined;
  /** Without quotation marks. */
  readonly etag?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Orders the events of one key, see `compareSequencers`. */
  readonly sequencer?: string | undefined;
  readonly eventTime: Date;
  readonly job: string;
  /** Set if a submission named this object: a hidden name is then no reason to skip it. */
  readonly requested?: true | undefined;
}
