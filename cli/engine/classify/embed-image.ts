import { Failure } from '../../../shared/failures/failure.ts';
import { SessionLost } from '../../../shared/inference/session-lost.ts';
import type { ImageEmbedder } from '../image-embedder.ts';
import type { ImageInput } from './image-input.ts';
import { sourceOf } from './image-source.ts';

/**
 * The embedding of one image.
 * @throws {Failure} if the image cannot be read or decoded, with its name; {UserError} for an invalid image argument; the
 * reason of the signal; {SessionLost}
 */
export async function embedImage(
  image: ImageInput,
  embedder: ImageEmbedder,
  signal: AbortSignal,
): Promise<Float32Array> {
  signal.throwIfAborted();
  const source = await sourceOf(image);
  try {
    const { embedding } = await embedder.embed(source, signal);
    return embedding;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SessionLost) throw error;
    const { reason, message, cause } = Failure.from(error);
    const isNamed = source.name === '' || message.startsWith(source.name);
    throw new Failure(reason, isNamed ? message : `${source.name}: ${message}`, { cause });
  } finally {
    source.cancel?.();
  }
}
