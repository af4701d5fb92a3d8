import { afterAll } from 'vitest';
import type { ClassifyPorts } from '../../lambdas/classify/ports.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { makeTinyModel } from './make-tiny-model.ts';
import type { TinyModelOptions } from './tiny-model.ts';

/** A tiny model for the tests of one file or `describe`. */
export async function loadTinyModel(options?: TinyModelOptions): Promise<Model> {
  return loadModel(await makeTinyModel(options));
}

/** The ports of a classifier: a tiny model and a session on the CPU, closed after the tests of the file. */
export async function openTinyClassifier({ threads = 1 } = {}): Promise<ClassifyPorts> {
  const model = await loadTinyModel();
  const session = await openSession(model, { threads });
  afterAll(() => session.close());
  return { model, session, batchSize: 8, maxAttempts: 3, now: () => new Date() };
}
