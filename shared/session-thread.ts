import { parentPort } from 'node:worker_threads';
import ort from 'onnxruntime-node';

/** First message to the thread. */
export interface LoadRequest {
  readonly network: Uint8Array<ArrayBuffer>;
  /** Name of the network's input. */
  readonly input: string;
  /** Names of the network's outputs. */
  readonly outputs: { readonly probabilities: string; readonly embedding: string };
}

/** Every later message: one batch. */
export interface RunRequest {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** Answer to each message; to the first one with nothing in it. */
export type SessionReply =
  | { readonly probabilities: Float32Array; readonly embeddings: Float32Array }
  | { readonly error: string };

type Run = (request: RunRequest) => Promise<SessionReply>;

async function load({ network, input, outputs }: LoadRequest): Promise<Run> {
  const session = await ort.InferenceSession.create(network, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const fetches = [outputs.probabilities, outputs.embedding];
  return async ({ pixels, shape }) => {
    const results = await session.run({ [input]: new ort.Tensor('uint8', pixels, shape) }, fetches);
    return {
      probabilities: floats(results[outputs.probabilities], outputs.probabilities),
      embeddings: floats(results[outputs.embedding], outputs.embedding),
    };
  };
}

function floats(value: ort.OnnxValue | undefined, name: string): Float32Array {
  if (value instanceof ort.Tensor && value.data instanceof Float32Array) return value.data;
  throw new Error(`expected output "${name}" as float32, got ${value instanceof ort.Tensor ? value.type : 'nothing'}`);
}

let run: Run | undefined;

parentPort?.on('message', async (message: LoadRequest | RunRequest) => {
  const reply = await answer(message).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  // The runtime owns the memory behind its outputs, so they are copied by the message, not handed over.
  parentPort?.postMessage(reply);
});

async function answer(message: LoadRequest | RunRequest): Promise<SessionReply> {
  if ('network' in message) {
    run = await load(message);
    return { probabilities: new Float32Array(), embeddings: new Float32Array() };
  }
  if (run === undefined) throw new Error('a batch came before the network');
  return run(message);
}
