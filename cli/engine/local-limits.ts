import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';

/** Limits of an image on this machine. */
export const localLimits = { ...defaultDecodeLimits, maxBytes: defaultMaxBytes };
