import { describe, expect, it, onTestFinished } from 'vitest';
import { detectObjects, detectWholeImages, truthOf } from '../../../../model/detector/train/detect-objects.ts';
import type { DetectorExamples } from '../../../../model/detector/train/detector-examples.ts';
import { openHeadMath } from '../../../../model/finetune/open-head-math.ts';

/** An embedding is the log odds of a cat, then the offsets of the box. */
const size = 5;
const head = { weights: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0), bias: new Float32Array(2) };
const boxes = { weights: new Float32Array(4 * size), bias: new Float32Array(4) };
for (let offset = 0; offset < 4; offset += 1) boxes.weights[offset * size + offset + 1] = 1;

const logOdds = (probability: number) => Math.log(probability / (1 - probability));

type Region = readonly [x: number, probability: number, ...offsets: number[]];

/** An image of a cat, whose regions are 20 pixels wide and high. */
function imageWith(...regions: readonly Region[]): DetectorExamples {
  const whole: Region = [0, 0.0001];
  const object = { x: 300, y: 200, width: 20, height: 20, label: 'cat' };
  const boxAt = (x: number) => ({ x, y: 200, width: 20, height: 20, objectness: 0.5 });
  const image = { name: 'a', digest: 'a', width: 640, height: 480, objects: [object], imageRow: 0, firstRow: 1 };
  const embeddings = Float32Array.from(
    [whole, [300, 0.99] as const, ...regions].flatMap(([, probability, ...offsets]) =>
      Object.assign(
        [logOdds(probability), 0, 0, 0, 0],
        Object.fromEntries(offsets.map((value, at) => [at + 1, value])),
      ),
    ),
  );
  return {
    images: [{ ...image, boxes: [boxAt(300), ...regions.map(([x]) => boxAt(x))] }],
    embeddings,
    size,
    labels: ['cat'],
  };
}

/** The same image, of which the whole has another probability and offsets. */
function withWhole(examples: DetectorExamples, probability: number, ...offsets: readonly number[]): DetectorExamples {
  const embeddings = examples.embeddings.slice();
  embeddings.set([logOdds(probability), ...offsets]);
  return { ...examples, embeddings };
}

async function mathOf({ embeddings }: DetectorExamples) {
  const labels = new BigInt64Array(embeddings.length / size);
  const math = await openHeadMath({ embeddings, size, labels, classes: 2 });
  onTestFinished(() => math.close());
  return math;
}

async function detected(examples: DetectorExamples, layers: Parameters<typeof detectObjects>[3] = { head }) {
  const { detections } = await detectObjects(await mathOf(examples), examples, examples.images, layers);
  return detections.map(({ probability, ...detection }) => ({
    ...detection,
    probability: Number(probability.toFixed(4)),
  }));
}

const detection = { image: 'a', label: 'cat', y: 200, width: 20, height: 20 };

describe('the objects that a detector finds', () => {
  it('are proposals with their probabilities, without the region of the annotation', async () => {
    expect(await detected(imageWith([10, 0.7], [100, 0.2]))).toEqual([
      { ...detection, x: 10, probability: 0.7 },
      { ...detection, x: 100, probability: 0.2 },
    ]);
  });

  it('include improbable ones, which count at a high recall, from 0.001 on', async () => {
    const found = await detected(imageWith([10, 0.0015], [100, 0.0005]));
    expect(found.map(({ x }) => x)).toEqual([10]);
  });

  it('have boxes that are moved and resized by their own offsets', async () => {
    const examples = imageWith([10, 0.7, 1, 0, 0, Math.log(2)], [100, 0.6, 0, 0.5, Math.log(3), 0]);
    expect(await detected(examples, { head, boxes })).toEqual([
      { ...detection, x: 30, y: 190, height: 40, probability: 0.7 },
      { ...detection, x: 80, y: 210, width: 60, probability: 0.6 },
    ]);
  });

  it('are one for boxes that are moved onto the same object: the most probable', async () => {
    expect(await detected(imageWith([40, 0.6, 1], [80, 0.7, -1]), { head, boxes })).toEqual([
      { ...detection, x: 60, probability: 0.7 },
    ]);
  });

  it('are the whole image only if a run would keep it: no proposal has the label', async () => {
    const all = async (examples: DetectorExamples) => (await detected(examples)).map(({ width }) => width);
    expect(await all(withWhole(imageWith([10, 0.51]), 0.8))).toEqual([20]);
    expect(await all(withWhole(imageWith([10, 0.49]), 0.8))).toEqual([640]);
    expect(await all(withWhole(imageWith([10, 0.3]), 0.49))).toEqual([20]);
  });

  it('are the whole image with a box that is moved like a proposal', async () => {
    const examples = withWhole(imageWith(), 0.8, 0, 0, Math.log(0.5), 0);
    const whole = { ...detection, x: 0, y: 0, width: 640, height: 480, probability: 0.8 };
    expect(await detected(examples)).toEqual([whole]);
    expect(await detected(examples, { head, boxes })).toEqual([{ ...whole, x: 160, width: 320 }]);
  });

  it('are kept by the rules of a run: from 0.5 on', async () => {
    const examples = imageWith([10, 0.7], [100, 0.49], [200, 0.51]);
    const { kept } = await detectObjects(await mathOf(examples), examples, examples.images, { head });
    expect(kept).toEqual([
      { ...detection, x: 10, probability: expect.closeTo(0.7, 5) },
      { ...detection, x: 200, probability: expect.closeTo(0.51, 5) },
    ]);
  });

  it('are the whole images for the baseline', async () => {
    const examples = withWhole(imageWith([10, 0.7]), 0.6);
    const found = await detectWholeImages(await mathOf(examples), examples, examples.images, head);
    expect(found).toEqual([{ ...detection, x: 0, y: 0, width: 640, height: 480, probability: expect.closeTo(0.6, 5) }]);
    expect(truthOf(examples.images)).toEqual([{ ...detection, x: 300 }]);
  });
});
