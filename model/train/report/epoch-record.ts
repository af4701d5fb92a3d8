import { z } from 'zod';

const count = z.int().nonnegative();

/** What one pass over the training images came to. Losses are mean cross entropies, nats. */
export const epochRecordSchema = z.object({
  /** From 1. */
  epoch: count,
  /** Updates of the weights since training began. */
  updates: count,
  /** Of the last update. */
  learningRate: z.number(),
  /** Of the training images as they were distorted, while the weights changed. */
  loss: z.number(),
  accuracy: z.number(),
  /** Of the averaged weights after the epoch; absent where no images were held out. */
  validationLoss: z.number().optional(),
  validationAccuracy: z.number().optional(),
  /** Time that the updates took, without validation. */
  seconds: z.number(),
  imagesPerSecond: z.number(),
});

export type EpochRecord = z.infer<typeof epochRecordSchema>;
