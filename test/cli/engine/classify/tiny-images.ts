import { join } from 'node:path';
import {
  type ClassifyOptions,
  classifyImages,
  type ImageInputs,
} from '../../../../cli/engine/classify/classify-images.ts';
import type { ImageOutcome } from '../../../../cli/engine/classify/image-outcome.ts';
import { writePhotos } from '../../../support/photos.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { openTinyClassifier } from '../../../support/tiny-classifier.ts';

/** Photos in a temporary folder, and a small classifier for them. For the tests of one file. */
export async function tinyImages() {
  const folder = temporaryFolder();
  const names = await writePhotos(folder, 6);
  const paths = names.map((name) => join(folder, name));
  const [first = ''] = paths;
  const { model, session } = await openTinyClassifier({ threads: 2 });

  function classifyWith(inputs: ImageInputs, options: Partial<ClassifyOptions> = {}) {
    return classifyImages(inputs, { model, session, decoders: 2, batchSize: 4, ...options });
  }

  async function outcomesOf(inputs: ImageInputs, options: Partial<ClassifyOptions> = {}): Promise<ImageOutcome[]> {
    return Array.fromAsync(classifyWith(inputs, options));
  }

  /** The paths without an end, with the number of those that were taken and whether the loop over them was left. */
  function endless() {
    const state = { pulled: 0, isLeft: false };
    async function* inputs(): AsyncGenerator<string> {
      try {
        for (;;) {
          state.pulled += 1;
          yield first;
        }
      } finally {
        state.isLeft = true;
      }
    }
    return { inputs: inputs(), state };
  }
  return { folder, names, paths, first, model, session, classifyWith, outcomesOf, endless };
}

export function byName(outcomes: readonly ImageOutcome[]): Map<string, ImageOutcome> {
  return new Map(outcomes.map((outcome) => [outcome.name, outcome]));
}

/** A web stream that gives chunks, then waits; `canceled` resolves when nobody reads it any more. */
export function waitingStream(chunks: readonly Uint8Array[] = []) {
  const canceled = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
    },
    pull: () => {
      started.resolve();
      return new Promise(() => {});
    },
    cancel: () => canceled.resolve(),
  });
  return { stream, canceled: canceled.promise, started: started.promise };
}

export function thrown(error: Error): never {
  throw error;
}
