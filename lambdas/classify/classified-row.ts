import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { labelColumns } from '../../shared/inference/label-columns.ts';
import type { RegionLabels } from '../../shared/regions/background-rule.ts';
import { moveBox } from '../../shared/regions/box-offsets.ts';
import { keepRegions, type ScoredRegion } from '../../shared/regions/keep-regions.ts';
import type { ProposedRegion } from '../../shared/regions/region.ts';
import { wholeImageBox } from '../../shared/regions/whole-image.ts';
import type { ClassifiedRow, StoredRegion } from '../../shared/rows/row.ts';
import type { ClassifyPorts } from './ports.ts';
import { originOf } from './rows.ts';
import type { UnitScores } from './score-units.ts';

/** The network's outputs for the crops of one message. */
export interface ImageScores {
  readonly whole: UnitScores;
  /** One per region of the message; a region on which the network failed is left out of the row. */
  readonly regions: readonly (UnitScores | Failure)[];
}

export function classifiedRow(
  crop: CropMessage,
  { whole, regions }: ImageScores,
  { model, session, classifiedAt }: Pick<ClassifyPorts, 'model' | 'session'> & { readonly classifiedAt: Date },
): ClassifiedRow {
  return {
    ...originOf(crop, model),
    status: 'classified',
    reason: null,
    detail: null,
    ...labelColumns(whole.probabilities, model.manifest.labels),
    // A view would keep the outputs for all regions of the group in memory.
    embedding: whole.embedding.slice(),
    width: crop.width,
    height: crop.height,
    format: crop.format,
    provider: session.provider,
    classified_at: classifiedAt,
    ...(crop.regions && {
      regions: storedRegions(crop, crop.regions.boxes, { whole, regions }, model.manifest),
      proposals: crop.regions.boxes.length,
    }),
  };
}

function storedRegions(
  image: Pick<CropMessage, 'width' | 'height'>,
  boxes: readonly ProposedRegion[],
  { whole, regions }: ImageScores,
  { labels, backgroundLabel }: RegionLabels,
): StoredRegion[] {
  const proposals = boxes.flatMap((box, index): (ScoredRegion & UnitScores)[] => {
    const scores = regions[index];
    return scores === undefined || scores instanceof Failure ? [] : [{ ...moved(box, scores, image), ...scores }];
  });
  const region0 = { ...moved(wholeImageBox(image), whole, image), ...whole };
  return keepRegions(proposals, { labels, backgroundLabel, whole: region0 }).map(({ region, ...label }) => {
    const { x, y, width, height, objectness, embedding } = region;
    // As above.
    return { ...label, x, y, width, height, objectness, embedding: embedding.slice() };
  });
}

/** The box that a detector predicts from the region, or the region itself. */
function moved(
  region: ProposedRegion,
  { boxOffsets }: UnitScores,
  image: Pick<CropMessage, 'width' | 'height'>,
): ProposedRegion {
  if (boxOffsets === undefined) return region;
  const [x = 0, y = 0, width = 0, height = 0] = boxOffsets;
  return { ...moveBox(region, [x, y, width, height], image), objectness: region.objectness };
}
