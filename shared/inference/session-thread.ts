import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import ort from 'onnxruntime-node';
import { type Provider, runtimeProviders } from './accelerator/provider.ts';
import { type Share, sharesOf } from './accelerator/shares.ts';

/** First message to the thread. */
export interface LoadRequest {
  readonly network: Uint8Array<ArrayBuffer>;
  /** Name of the network's input. */
  readonly input: string;
  /** Names of the network's outputs. */
  readonly outputs: { readonly probabilities: string; readonly embedding: string };
  readonly provider: Provider;
  /** An empty folder to record runs in, until `EndProfileRequest`. */
  readonly profileFolder: string | undefined;
}

/** One batch. */
export interface RunRequest {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly shape: readonly number[];
}

/** Ends the recording and asks who ran the last batch. */
export interface EndProfileRequest {
  readonly endProfile: true;
}

export type SessionRequest = LoadRequest | RunRequest | EndProfileRequest;

/** ImageOutput to each message: to a batch, to the end of the recording, to the first one; or what went wrong. */
export type SessionReply =
  | { readonly probabilities: Float32Array; readonly embeddings: Float32Array }
  | { readonly shares: readonly Share[] }
  | { readonly loaded: true }
  | { readonly error: string };

interface Loaded {
  run(request: RunRequest): Promise<SessionReply>;
  endProfile(): Promise<readonly Share[]>;
}

// What the runtime refuses it throws: its log would say it once more, in colours.
ort.env.logLevel = 'fatal';

async function load({ network, input, outputs, provider, profileFolder }: LoadRequest): Promise<Loaded> {
  const session = await ort.InferenceSession.create(network, {
    executionProviders: runtimeProviders(provider),
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    ...(profileFolder === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profileFolder, 'run') }),
  });
  const fetches = [outputs.probabilities, outputs.embedding];
  return {
    async run({ pixels, shape }) {
      const results = await session.run({ [input]: new ort.Tensor('uint8', pixels, shape) }, fetches);
      return {
        probabilities: floats(results[outputs.probabilities], outputs.probabilities),
        embeddings: floats(results[outputs.embedding], outputs.embedding),
      };
    },
    async endProfile() {
      if (profileFolder === undefined) throw new Error('no run was recorded');
      session.endProfiling();
      return readShares(profileFolder);
    },
  };
}

/** Reads the one profile that lies in a folder. */
async function readShares(folder: string): Promise<readonly Share[]> {
  const [file = ''] = await readdir(folder);
  return sharesOf(JSON.parse(await readFile(join(folder, file), 'utf8')));
}

function floats(value: ort.OnnxValue | undefined, name: string): Float32Array {
  if (value instanceof ort.Tensor && value.data instanceof Float32Array) return value.data;
  throw new Error(`expected output "${name}" as float32, got ${value instanceof ort.Tensor ? value.type : 'nothing'}`);
}

let loaded: Loaded | undefined;

parentPort?.on('message', async (message: SessionRequest) => {
  const reply = await answer(message).catch((error: unknown) => ({
    error: error instanceof Error ? error.message : String(error),
  }));
  // The runtime owns the memory behind its outputs, so they are copied by the message, not handed over.
  parentPort?.postMessage(reply);
});

async function answer(message: SessionRequest): Promise<SessionReply> {
  if ('network' in message) {
    loaded = await load(message);
    return { loaded: true };
  }
  if (loaded === undefined) throw new Error('a batch came before the network');
  return 'endProfile' in message ? { shares: await loaded.endProfile() } : loaded.run(message);
}
