import { expect } from 'vitest';
import { atEnd } from './at-end.ts';
import { eventually } from './eventually.ts';
import { type Fauxqs, startFauxqs } from './fauxqs.ts';

export interface TestAws extends Omit<Fauxqs, 'stop'> {
  /** Waits until every message of a queue has been received and deleted. */
  waitUntilEmpty(queueUrl: string): Promise<void>;
}

/** Starts an emulator of S3 and SQS, which ends after the test or the file, see `atEnd`. */
export async function startAws(): Promise<TestAws> {
  const { stop, ...aws } = await startFauxqs();
  atEnd(stop);
  const empty = { visible: 0, inFlight: 0 };
  return { ...aws, waitUntilEmpty: (url) => eventually(async () => expect(await aws.depth(url)).toEqual(empty)) };
}
