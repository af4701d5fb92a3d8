import type { DetectorExamples, DetectorImage } from '../../model/detector/train/detector-examples.ts';
import { seededRandom } from '../../shared/random/seeded-random.ts';
import { intersectionOverUnion } from '../../shared/regions/intersection-over-union.ts';
import type { Box } from '../../shared/regions/region.ts';

const size = 8;
const side = 100;

/**
 * Made-up images with one object each, of two labels, and proposals beside it and elsewhere. The first components of an embedding tell how
 * much the region shows of each label, the next ones where the object is.
 * @param options.shift least distance of a proposal from its object along each side, pixels; the longest is 2 more
 */
export function detectorScene(count: number, { proposals = 40, seed = 1, shift = 3 } = {}): DetectorExamples {
  const random = seededRandom(seed);
  const labels = ['cat', 'dog'];
  const embeddings: number[] = [];
  const images: DetectorImage[] = [];
  for (let image = 0; image < count; image += 1) {
    const label = labels[image % 2] ?? '';
    const object: Box = { x: 6 + whole(40), y: 6 + whole(40), width: 20 + whole(30), height: 20 + whole(30) };
    const around = Array.from({ length: proposals / 2 }, () => ({
      x: object.x + beside(),
      y: object.y + beside(),
      width: object.width,
      height: object.height,
    }));
    const elsewhere = Array.from({ length: proposals / 2 }, () => ({
      x: whole(80),
      y: whole(80),
      width: 15,
      height: 15,
    }));
    const boxes = [object, ...around, ...elsewhere].map((box) => ({ ...box, objectness: 0.5 }));
    const imageRow = embeddings.length / size;
    const all = [{ x: 0, y: 0, width: side, height: side }, ...boxes];
    embeddings.push(...all.flatMap((box) => embeddingOf(box, object, image % 2)));
    const objects = [{ ...object, label }];
    const name = `image-${image}`;
    images.push({ name, digest: name, width: side, height: side, objects, boxes, imageRow, firstRow: imageRow + 1 });
  }
  return { images, embeddings: Float32Array.from(embeddings), size, labels };

  function whole(end: number): number {
    return Math.floor(end * random());
  }

  function beside(): number {
    return (random() < 0.5 ? -1 : 1) * (shift + whole(3));
  }

  function embeddingOf(box: Box, object: Box, label: number): number[] {
    const overlap = intersectionOverUnion(box, object);
    const noise = () => 0.1 * random();
    return [
      (label === 0 ? overlap : 0) + noise(),
      (label === 1 ? overlap : 0) + noise(),
      (object.x - box.x) / box.width + noise(),
      (object.y - box.y) / box.height + noise(),
      ...Array.from({ length: size - 4 }, noise),
    ];
  }
}
