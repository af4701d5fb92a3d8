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
  const whole: Region = [0, 0.6];
  const object = { x: 300, y: 200, width: 20, height: 20, label: 'cat' };
  const boxAt = (x: number) => ({ x, y: 200, width: 20, height: 20 });
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

async function mathOf({ embeddings }: DetectorExamples) {
  const labels = new BigInt64Array(embeddings.length / size);
  const math = await openHeadMath({ embeddings, size, labels, classes: 2 });
  onTestFinished(() => math.close());
  return math;
}

async function detected(examples: DetectorExamples, layers: Parameters<typeof detectObjects>[3] = { head }) {
  const found = await detectObjects(await mathOf(examples), examples, examples.images, layers);
  return found.map(({ probability, ...detection }) => ({ ...detection, probability: Number(probability.toFixed(4)) }));
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

  it('are the whole images for the baseline', async () => {
    const examples = imageWith([10, 0.7]);
    const found = await detectWholeImages(await mathOf(examples), examples, examples.images, head);
    expect(found).toEqual([{ ...detection, x: 0, y: 0, width: 640, height: 480, probability: expect.closeTo(0.6, 5) }]);
    expect(truthOf(examples.images)).toEqual([{ ...detection, x: 300 }]);
  });
});
