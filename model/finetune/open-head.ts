import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Model } from '../../shared/models/model-directory.ts';
import { extractHead } from './replace-head.ts';

/** A model's last linear layer and softmax, without the network before them. */
export interface Head {
  /** What computes it, as rows name it. */
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
 * @throws {UserError} when its probabilities do not come from its embedding alone
 */
export async function openHead({ manifest: { outputs }, network }: Model): Promise<Head> {
  const provider = 'cpu';
  const session = await InferenceSession.create(extractHead(network, outputs), {
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
      throw new Error('expected onnxruntime to give floats');
    },
    close: () => session.release(),
  };
}
