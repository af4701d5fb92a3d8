import { parentPort } from 'node:worker_threads';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type Batch, feedsOf } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientInputs, gradientOutputs } from '../step/build-gradient-graph.ts';
import { openTrainingSession, vector } from './runtime.ts';

/** First message to the thread. */
export interface OpenRequest {
  /** A graph of `buildGradientGraph`. */
  readonly network: Uint8Array<ArrayBuffer>;
  readonly sampling: Sampling;
  /** Memory that all threads share: the weights as they are now, and what this one found. */
  readonly weights: SharedArrayBuffer;
  readonly gradient: SharedArrayBuffer;
  /** Of length 0 where there are none. */
  readonly statistics: SharedArrayBuffer;
}

export type GradientRequest = OpenRequest | Batch;

/** Answer to each message: to the first, to a batch, or what went wrong. */
export type GradientReply =
  | { readonly opened: true }
  | { readonly loss: number; readonly correct: number }
  | { readonly error: string };

type Answer = (batch: Batch) => Promise<GradientReply>;

async function open({ network, sampling, weights, gradient, statistics }: OpenRequest): Promise<Answer> {
  const session: InferenceSession = await openTrainingSession(network, 1);
  const shared = [weights, gradient, statistics].map((memory) => new Float32Array(memory));
  // The runtime takes no shared memory: these are this thread's own.
  const own = shared.map(({ length }) => new Float32Array(length));
  const [sharedWeights, sharedGradient, sharedStatistics] = shared;
  const [ownWeights, ownGradient, ownStatistics] = own;
  if (!sharedWeights || !sharedGradient || !sharedStatistics || !ownWeights || !ownGradient || !ownStatistics) {
    throw new Error('expected three pieces of memory');
  }
  const [loss, correct] = [Float32Array.of(0), Float32Array.of(0)];
  return async (batch) => {
    ownWeights.set(sharedWeights);
    const measured = ownStatistics.length === 0 ? {} : { [gradientOutputs.batchStatistics]: vector(ownStatistics) };
    await session.run(
      { ...feedsOf(batch, sampling), [gradientInputs.weights]: vector(ownWeights) },
      {
        [gradientOutputs.loss]: new Tensor('float32', loss, []),
        [gradientOutputs.correct]: new Tensor('float32', correct, []),
        [gradientOutputs.gradient]: vector(ownGradient),
        ...measured,
      },
    );
    sharedGradient.set(ownGradient);
    sharedStatistics.set(ownStatistics);
    return { loss: loss[0] ?? 0, correct: correct[0] ?? 0 };
  };
}

let answer: Answer | undefined;

parentPort?.on('message', async (message: GradientRequest) => {
  const reply = await replyTo(message).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  parentPort?.postMessage(reply);
});

async function replyTo(message: GradientRequest): Promise<GradientReply> {
  if ('network' in message) {
    answer = await open(message);
    return { opened: true };
  }
  if (answer === undefined) throw new Error('a batch came before the network');
  return answer(message);
}
