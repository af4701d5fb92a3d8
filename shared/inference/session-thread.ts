import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { releaseMemory } from '../flow/release-memory.ts';
import type { ModelManifest } from '../models/model-manifest.ts';
import { type Provider, runtimeProviders } from './accelerator/provider.ts';
import type { Share } from './accelerator/shares.ts';
import type { Batch, Scores } from './batch.ts';
import { type Handlers, serveRequests } from './serve-requests.ts';

interface LoadRequest {
  readonly network: Uint8Array<ArrayBuffer>;
  /** Name of the network's input. */
  readonly input: string;
  /** Names of the network's outputs. */
  readonly outputs: ModelManifest['outputs'];
  readonly provider: Provider;
  /** An empty folder to record runs in, until `endProfile`. */
  readonly profileFolder: string | undefined;
}

// Errors are thrown as well; the runtime's log would only repeat them.
ort.env.logLevel = 'fatal';

let loaded: (Omit<LoadRequest, 'network'> & { readonly session: ort.InferenceSession }) | undefined;

function loadedNetwork() {
  if (loaded === undefined) throw new Error('load a network first');
  return loaded;
}

const handlers = {
  async load({ network, ...request }: LoadRequest): Promise<void> {
    const { provider, profileFolder } = request;
    const session = await ort.InferenceSession.create(network, {
      executionProviders: runtimeProviders(provider),
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      // A pattern is one block for all values of a run, kept for each batch size besides the arena: a quarter more, no faster.
      enableMemPattern: false,
      logSeverityLevel: 4,
      ...(profileFolder === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profileFolder, 'run') }),
    });
    releaseMemory(network);
    loaded = { ...request, session };
  },

  async run({ pixels, shape }: Pick<Batch, 'pixels' | 'shape'>): Promise<Scores> {
    const { session, input, outputs } = loadedNetwork();
    const fetches = [outputs.probabilities, outputs.embedding, ...(outputs.boxes === undefined ? [] : [outputs.boxes])];
    const results = await session.run({ [input]: new ort.Tensor('uint8', pixels, shape) }, fetches);
    releaseMemory(pixels);
    return {
      probabilities: floats(results[outputs.probabilities], outputs.probabilities),
      embeddings: floats(results[outputs.embedding], outputs.embedding),
      ...(outputs.boxes === undefined ? {} : { boxes: floats(results[outputs.boxes], outputs.boxes) }),
    };
  },

  async endProfile(): Promise<readonly Share[]> {
    const { session, profileFolder } = loadedNetwork();
    if (profileFolder === undefined) throw new Error('runs are not being recorded');
    session.endProfiling();
    const [file = ''] = await readdir(profileFolder);
    // Loaded where it is needed: a schema library takes megabytes in every thread.
    const { sharesOf } = await import('./accelerator/shares.ts');
    return sharesOf(JSON.parse(await readFile(join(profileFolder, file), 'utf8')));
  },
} satisfies Handlers;

export type SessionHandlers = typeof handlers;

function floats(value: ort.OnnxValue | undefined, name: string): Float32Array {
  if (value instanceof ort.Tensor && value.data instanceof Float32Array) return value.data;
  throw new Error(`expected output "${name}" as float32, got ${value instanceof ort.Tensor ? value.type : 'nothing'}`);
}

serveRequests(handlers);
