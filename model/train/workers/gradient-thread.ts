import { Tensor } from 'onnxruntime-node';
import { type Handlers, serveRequests } from '../../../shared/inference/serve-requests.ts';
import { type Batch, feedsOf } from '../samples/take-batch.ts';
import type { Sampling } from '../step/add-sampling.ts';
import { gradientInputs, gradientOutputs } from '../step/build-gradient-graph.ts';
import { openTrainingSession, vector } from './runtime.ts';

interface OpenRequest {
  /** A graph of `buildGradientGraph`. */
  readonly network: Uint8Array;
  readonly sampling: Sampling;
  /** The current weights, shared by all threads, and the outputs of this one. */
  readonly weights: SharedArrayBuffer;
  readonly gradient: SharedArrayBuffer;
  /** Of length 0 for a network without batch statistics. */
  readonly statistics: SharedArrayBuffer;
}

type Compute = (batch: Batch) => Promise<{ loss: number; correct: number }>;

async function openGradients({ network, sampling, ...memory }: OpenRequest): Promise<Compute> {
  const session = await openTrainingSession(network, 1);
  const weights = sharedVector(memory.weights);
  const gradient = sharedVector(memory.gradient);
  const statistics = sharedVector(memory.statistics);
  const [loss, correct] = [Float32Array.of(0), Float32Array.of(0)];
  return async (batch) => {
    weights.local.set(weights.shared);
    const measured =
      statistics.local.length === 0 ? {} : { [gradientOutputs.batchStatistics]: vector(statistics.local) };
    await session.run(
      { ...feedsOf(batch, sampling), [gradientInputs.weights]: vector(weights.local) },
      {
        [gradientOutputs.loss]: new Tensor('float32', loss, []),
        [gradientOutputs.correct]: new Tensor('float32', correct, []),
        [gradientOutputs.gradient]: vector(gradient.local),
        ...measured,
      },
    );
    gradient.shared.set(gradient.local);
    statistics.shared.set(statistics.local);
    return { loss: loss[0] ?? 0, correct: correct[0] ?? 0 };
  };
}

/** The runtime accepts no shared memory, so each vector has a local copy. */
function sharedVector(memory: SharedArrayBuffer) {
  const shared = new Float32Array(memory);
  return { shared, local: new Float32Array(shared.length) };
}

let computeGradients: Compute | undefined;

const handlers = {
  async open(request: OpenRequest): Promise<void> {
    computeGradients = await openGradients(request);
  },
  async compute(batch: Batch) {
    if (computeGradients === undefined) throw new Error('open a gradient graph first');
    return computeGradients(batch);
  },
} satisfies Handlers;

export type GradientHandlers = typeof handlers;

serveRequests(handlers);
