import { z } from 'zod';

const count = z.int().nonnegative();

/** Results of an epoch. Losses are mean cross-entropies in nats. */
export const epochRecordSchema = z.object({
  /** From 1. */
  epoch: count,
  /** Number of updates since training began. */
  updates: count,
  /** At the last update. */
  learningRate: z.number(),
  /** On the augmented training images, while the weights changed. */
  loss: z.number(),
  accuracy: z.number(),
  /** Of the averaged weights after the epoch; absent without held-out images. */
  validationLoss: z.number().optional(),
  validationAccuracy: z.number().optional(),
  /** Duration of the updates, without validation. */
  seconds: z.number(),
  imagesPerSecond: z.number(),
});

export type EpochRecord = z.infer<typeof epochRecordSchema>;
