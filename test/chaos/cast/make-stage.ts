import type { TestAws } from '../../support/start-aws.ts';
import type { TestImage } from './pictures.ts';

/** Deliveries of a message before it becomes a dead letter. */
export const maxAttempts = 5;
/** Longer than an invocation may take, as in a deployment. */
export const visibilitySeconds = { uploads: 20, crops: 10 };
export const functionTimeoutMs = 16_000;

/** Buckets and queues of a deployment. */
export interface Stage {
  readonly drop: string;
  /** `s3://` and its bucket. */
  readonly store: string;
  /** URLs of queues. */
  readonly uploads: string;
  readonly crops: string;
  readonly deadLetters: readonly string[];
}

export async function makeStage(aws: TestAws, images: readonly TestImage[]): Promise<Stage> {
  const drop = await aws.makeBucket();
  for (const { key, bytes } of images) await aws.put(drop, key, bytes);
  const deadLetters = { uploads: await aws.makeQueue(), crops: await aws.makeQueue() };
  const queueFor = (stage: 'uploads' | 'crops') =>
    aws.makeQueue({
      visibilitySeconds: visibilitySeconds[stage],
      maxReceiveCount: maxAttempts,
      deadLetterUrl: deadLetters[stage],
    });
  return {
    drop,
    store: `s3://${await aws.makeBucket()}`,
    uploads: await queueFor('uploads'),
    crops: await queueFor('crops'),
    deadLetters: Object.values(deadLetters),
  };
}

/** Whether messages are left. Checked in the order of the flow: an upload is deleted after its crops were sent. */
export async function isBusy(aws: TestAws, { uploads, crops }: Stage): Promise<boolean> {
  for (const queue of [uploads, crops]) {
    const { visible, inFlight } = await aws.depth(queue);
    if (visible + inFlight > 0) return true;
  }
  return false;
}
