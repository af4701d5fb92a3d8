import type { Buckets } from './buckets.ts';
import type { Model } from './model.ts';
import type { Queues } from './queues.ts';
import type { Settings } from './settings.ts';

/** What the functions and workers of one pipeline share. */
export interface PipelineProps {
  readonly settings: Settings;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly model: Model;
  /** CloudWatch namespace of the metrics. */
  readonly namespace: string;
}
