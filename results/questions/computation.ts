/** The model and preprocessing that images are computed with. */
export interface Computation {
  /** See `modelId`. */
  readonly model: string;
  /** See `preprocessDigest`. */
  readonly preprocess: string;
}

/** In the form that `--from` and `--to` accept. */
export function computationId({ model, preprocess }: Computation): string {
  return `${model}/${preprocess}`;
}
