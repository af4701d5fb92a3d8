import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Model } from '../../shared/models/model-directory.ts';
import { extractHead } from './extract-head.ts';

/** The last linear layer and the softmax of a model. */
export interface Head {
  /** Execution provider, as stored in rows. */
  readonly provider: string;
  /**
   * Probabilities, [rows, labels].
   * @param embeddings [rows, embedding size]
   */
  probabilities(embeddings: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens the head of a model on the CPU.
 * @throws {UserError} when its probabilities do not depend on its embedding alone, see `extractHead`
 */
export async function openHead({ manifest: { outputs }, network }: Model): Promise<Head> {
  const provider = 'cpu';
  const session = await InferenceSession.create(await extractHead(network, outputs), {
    executionProviders: [provider],
    logSeverityLevel: 3,
  });
  return {
    provider,
    async probabilities(embeddings) {
      const rows = embeddings.length / outputs.embeddingSize;
      const feeds = { [outputs.embedding]: new Tensor('float32', embeddings, [rows, outputs.embeddingSize]) };
      const { data } = (await session.run(feeds))[outputs.probabilities] ?? {};
      if (data instanceof Float32Array) return data;
      throw new Error('onnxruntime did not return floats');
    },
    close: () => session.release(),
  };
}
