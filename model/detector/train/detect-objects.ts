import { detectorProbability } from '../../../shared/regions/background-rule.ts';
import { moveBox } from '../../../shared/regions/box-offsets.ts';
import { keepRegions, type ScoredRegion } from '../../../shared/regions/keep-regions.ts';
import type { LinearHead } from '../../finetune/linear-head.ts';
import type { HeadMath } from '../../finetune/open-head-math.ts';
import type { Detection } from '../evaluate/detection.ts';
import { suppressOverlaps } from '../evaluate/suppress-overlaps.ts';
import { backgroundLabel } from './background-label.ts';
import {
  type DetectorExamples,
  type DetectorImage,
  proposalRows,
  type RegionRow,
  wholeImageRow,
} from './detector-examples.ts';
import { applyMap } from './ridge.ts';

/** Less probable detections are not counted: they would come last, where precision is low, and their number makes measuring slow. */
const minProbability = 0.001;

/** The layers of a detector. */
export interface Detector {
  /** Labels and the background, which is the last class. */
  readonly head: LinearHead;
  /** Without it, boxes are those of the proposals. */
  readonly boxes?: LinearHead | undefined;
}

export interface FoundObjects {
  /** Per label, whatever its probability, so that precision can be measured at every recall. */
  readonly detections: readonly Detection[];
  /** Those that a run keeps, see `keepRegions`. */
  readonly kept: readonly Detection[];
}

/** Finds objects among the regions of images. */
export async function detectObjects(
  math: HeadMath,
  examples: DetectorExamples,
  images: readonly DetectorImage[],
  detector: Detector,
): Promise<FoundObjects> {
  const detections: Detection[] = [];
  const kept: Detection[] = [];
  for (const image of images) {
    const regions = await scoreRegions(math, examples, image, detector);
    detections.push(...allLabels(regions, image.name, examples.labels));
    kept.push(...keptLabels(regions, image.name, examples.labels));
  }
  return { detections, kept };
}

interface ImageRegions {
  readonly proposals: readonly ScoredRegion[];
  readonly whole: ScoredRegion;
}

async function scoreRegions(
  math: HeadMath,
  { embeddings, size, labels }: DetectorExamples,
  image: DetectorImage,
  { head, boxes }: Detector,
): Promise<ImageRegions> {
  const rows = [wholeImageRow(image), ...proposalRows(image)] as const;
  const classes = labels.length + 1;
  const probabilities = await math.probabilities(
    rows.map(({ row }) => row),
    head,
  );
  const scoredRegion = ({ row, box }: RegionRow, index: number): ScoredRegion => {
    const scores = Float32Array.from(probabilities.subarray(index * classes, (index + 1) * classes));
    if (boxes === undefined) return { ...box, probabilities: scores };
    const [x = 0, y = 0, width = 0, height = 0] = applyMap(boxes, embeddings.subarray(row * size, (row + 1) * size));
    const { objectness } = box;
    return { ...moveBox(box, [x, y, width, height], image), objectness, probabilities: scores };
  };
  const [whole, ...proposals] = rows;
  return { whole: scoredRegion(whole, 0), proposals: proposals.map((row, index) => scoredRegion(row, index + 1)) };
}

/** The whole image is a detection where a run keeps it. */
function allLabels({ proposals, whole }: ImageRegions, image: string, labels: readonly string[]): Detection[] {
  return labels.flatMap((label, column) => {
    const probabilityOf = ({ probabilities }: ScoredRegion) => probabilities[column] ?? 0;
    const isLabeled = (region: ScoredRegion) => probabilityOf(region) >= detectorProbability;
    const regions = isLabeled(whole) && !proposals.some(isLabeled) ? [...proposals, whole] : proposals;
    const found = regions.flatMap((region) => {
      const { x, y, width, height } = region;
      const probability = probabilityOf(region);
      return probability < minProbability ? [] : [{ x, y, width, height, image, label, probability }];
    });
    return suppressOverlaps(found);
  });
}

function keptLabels({ proposals, whole }: ImageRegions, image: string, labels: readonly string[]): Detection[] {
  const named = [...labels, backgroundLabel].map((name) => ({ id: name, name }));
  return keepRegions(proposals, { labels: named, backgroundLabel, whole }).map(({ region, label, probability }) => {
    const { x, y, width, height } = region;
    return { x, y, width, height, image, label, probability };
  });
}

/** The objects of images, to compare detections with. */
export function truthOf(images: readonly DetectorImage[]) {
  return images.flatMap(({ name, objects }) => objects.map((object) => ({ ...object, image: name })));
}

/** Baseline: labels the whole image, which is also the box. */
export async function detectWholeImages(
  math: HeadMath,
  { labels }: DetectorExamples,
  images: readonly DetectorImage[],
  head: LinearHead,
): Promise<Detection[]> {
  const classes = labels.length + 1;
  const rows = images.map(({ imageRow }) => imageRow);
  const probabilities = await math.probabilities(rows, head);
  return images.flatMap(({ name, width, height }, index) =>
    labels.map((label, column) => ({
      ...{ image: name, label, x: 0, y: 0, width, height },
      probability: probabilities[index * classes + column] ?? 0,
    })),
  );
}
