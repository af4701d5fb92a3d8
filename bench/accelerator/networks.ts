import { join } from 'node:path';
import { graphOf } from '../../model/graph/graph.ts';
import { requireFloat } from '../../model/graph/require-float.ts';
import { decodeModel } from '../../model/onnx/model-file.ts';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { googlenetRanges } from '../../model/quantize/googlenet-ranges.ts';
import { makeHalfModel } from '../../model/quantize/make-half-model.ts';
import { quantizeWithRanges } from '../../model/quantize/quantize-with-ranges.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { Precision } from '../../shared/models/reference-output.ts';
import { importGooglenet } from '../fixtures.ts';

/** A model directory, or why there is none. */
export type Network = { readonly directory: string; readonly model: Model } | { readonly missing: string };

export interface NetworkOptions {
  readonly model: string | undefined;
  readonly int8: string | undefined;
  /** Folder to write models to. */
  readonly work: string;
}

/**
 * The float network as it is served: a given one, or GoogLeNet, optimized.
 * @throws {UserError} if the given one is missing or not float, with which all others are compared
 */
export async function floatNetwork({ model, work }: NetworkOptions): Promise<{ directory: string; model: Model }> {
  if (model !== undefined) {
    const given = await loadModel(model);
    requireFloat(graphOf(decodeModel(given.network)), given.manifest);
    return { directory: model, model: given };
  }
  await importGooglenet(join(work, 'published'));
  const directory = join(work, 'float');
  await optimizeModel({ source: join(work, 'published'), out: directory, mergeSiblings: false });
  return { directory, model: await loadModel(directory) };
}

/** The float network in another precision. */
export async function networkIn(precision: Precision, source: string, options: NetworkOptions): Promise<Network> {
  const { int8, work } = options;
  if (precision === 'float') return { directory: source, model: await loadModel(source) };
  const out = join(work, precision);
  try {
    if (precision === 'half') await makeHalfModel({ source, out, images: 0 });
    else if (int8 === undefined) await quantizeWithRanges({ source, out, ranges: googlenetRanges() });
    const directory = precision === 'int8' && int8 !== undefined ? int8 : out;
    return { directory, model: await loadModel(directory) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const advice = precision === 'int8' && int8 === undefined ? '; give --int8 DIR, of "model quantize"' : '';
    return { missing: `${error.message}${advice}` };
  }
}
