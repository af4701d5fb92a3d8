import { Tensor } from 'onnxruntime-node';
import type { LabeledPixels } from '../data/pixel-store.ts';
import { type Sampling, samplingInputs } from '../step/add-sampling.ts';
import { gradientInputs } from '../step/build-gradient-graph.ts';
import type { Dropout } from '../step/make-trainable.ts';
import { type Augmentation, drawColorMix, drawTransform } from './augmentation.ts';
import { randomAt } from './random-numbers.ts';

/** What a step reads of one batch beside the weights, by the names of its inputs. */
export interface Batch {
  readonly pictures: Uint8Array<ArrayBuffer>;
  readonly classes: BigInt64Array<ArrayBuffer>;
  readonly numbers: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

export interface BatchSource {
  readonly data: LabeledPixels;
  readonly sampling: Sampling;
  readonly augmentation: Augmentation;
  readonly dropouts: readonly Dropout[];
  readonly seed: number;
}

/**
 * Draws one batch: pictures as they are stored, and the random numbers by which the step samples and distorts them.
 * @param indices of the pictures, as many as the batch has
 * @param number of the batch since training began: the same gives the same batch
 */
export function takeBatch(
  { data, sampling, augmentation, dropouts, seed }: BatchSource,
  indices: readonly number[],
  number: number,
): Batch {
  const { batch, picture } = sampling;
  const { channels } = picture;
  const random = randomAt(seed, 2, number);
  const bytes = picture.height * picture.width * channels;
  const pictures = new Uint8Array(batch * bytes);
  const classes = new BigInt64Array(batch);
  const places = new Float32Array(batch * 6);
  const colours = new Float32Array(batch * channels * channels);
  const levels = new Float32Array(batch * channels);
  for (const [place, index] of indices.entries()) {
    data.images.copyTo(index, pictures, place * bytes);
    classes[place] = BigInt(data.classes[index] ?? 0);
    places.set(drawTransform(augmentation, picture, random), place * 6);
    const { matrix, level } = drawColorMix(augmentation, channels, random);
    colours.set(matrix, place * channels * channels);
    levels.fill(level, place * channels, (place + 1) * channels);
  }
  const uniforms = dropouts.map(({ uniform, features }) => {
    return [uniform, new Float32Array(batch * features).map(random)] as const;
  });
  const { places: placesName, colours: coloursName, levels: levelsName } = samplingInputs;
  const own = { [placesName]: places, [coloursName]: colours, [levelsName]: levels };
  return { pictures, classes, numbers: { ...own, ...Object.fromEntries(uniforms) } };
}

/** The batch as the runtime takes it. */
export function feedsOf({ pictures, classes, numbers }: Batch, { batch, picture }: Sampling): Record<string, Tensor> {
  const { height, width, channels } = picture;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    [samplingInputs.places]: [batch, 2, 3],
    [samplingInputs.colours]: [batch, channels, channels],
    [samplingInputs.levels]: [batch, channels, 1],
  };
  return {
    [samplingInputs.pictures]: new Tensor('uint8', pictures, [batch, height, width, channels]),
    [gradientInputs.labels]: new Tensor('int64', classes, [batch]),
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, data]) => [
        name,
        new Tensor('float32', data, shapes[name] ?? [batch, data.length / batch]),
      ]),
    ),
  };
}
