import { type Answer, startProxy } from './proxy.ts';

export interface FaultyProxy {
  readonly endpoint: string;
  /** While true, every write of an object is answered with 503, as by an overloaded S3. */
  rejectsWrites: boolean;
  /** Number of refused writes. */
  readonly refused: () => number;
}

const slowDown: Answer = {
  status: 503,
  type: 'application/xml',
  body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
};

/** A proxy to an emulator of S3 and SQS that can refuse writes of objects. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let refused = 0;
  const { endpoint } = await startProxy(target, ({ method }) => {
    if (!proxy.rejectsWrites || method !== 'PUT') return undefined;
    refused += 1;
    return slowDown;
  });
  const proxy: FaultyProxy = { endpoint, rejectsWrites: false, refused: () => refused };
  return proxy;
}
