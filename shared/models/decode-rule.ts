export const decodeRules = ['exact', 'scaled'] as const;

/**
 * Which pixels of a file are resized: `exact` all of them; `scaled` those of a smaller image, where the decoder of JPEG can make
 * one with less work, see `decoderShrink`.
 */
export type DecodeRule = (typeof decodeRules)[number];

/** The rule of new models, unless another one is chosen. */
export const defaultDecodeRule: DecodeRule = 'exact';
