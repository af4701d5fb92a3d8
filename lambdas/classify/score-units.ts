import { Failure } from '../../shared/failures/failure.ts';
import type { CropTensor } from '../../shared/images/crop-tensor.ts';
import type { Scores } from '../../shared/inference/batch.ts';
import { scoreCrops } from '../../shared/inference/score-crops.ts';
import { SessionLost } from '../../shared/inference/session-lost.ts';
import { checkSession } from './check-session.ts';
import type { ClassifyPorts } from './ports.ts';

/** What the network is run on and can fail on alone: all crops of a whole image, or the crop of one region. */
export type Unit = Pick<CropTensor, 'count' | 'pixels'>;

/** The network's outputs for one unit. */
export interface UnitScores {
  /** One per label, finite. */
  readonly probabilities: Float32Array;
  readonly embedding: Float32Array;
  /** Of a detector, see `Scores`. */
  readonly boxOffsets?: Float32Array;
}

/**
 * Runs the network on units of any images, several in a batch. If it fails on several units, each half is run again, down to
 * the unit that causes the failure. A unit is blamed only after the session has passed the reference check.
 * @returns the scores or the failure of each unit, in order
 * @throws {SessionLost} when the session is broken
 */
export async function scoreUnits(
  units: readonly Unit[],
  ports: Pick<ClassifyPorts, 'model' | 'session' | 'batchSize'>,
): Promise<(UnitScores | Failure)[]> {
  if (units.length === 0) return [];
  const scored = await scoreCrops(units, ports).then(
    (scores) => units.map((_, row) => scoresOf(scores, row, ports)),
    (error: unknown) => {
      if (error instanceof SessionLost) throw error;
      return Failure.from(error);
    },
  );
  if (!(scored instanceof Failure)) {
    if (scored.some((scores) => scores instanceof Failure)) await checkSession(ports);
    return scored;
  }
  if (units.length === 1) {
    await checkSession(ports);
    return [scored];
  }
  const half = units.length >> 1;
  return [...(await scoreUnits(units.slice(0, half), ports)), ...(await scoreUnits(units.slice(half), ports))];
}

function scoresOf(
  { probabilities, embeddings, boxes }: Scores,
  row: number,
  { model }: Pick<ClassifyPorts, 'model'>,
): UnitScores | Failure {
  const { labels, outputs } = model.manifest;
  const scores = probabilities.subarray(row * labels.length, (row + 1) * labels.length);
  if (!scores.every(Number.isFinite))
    return new Failure('internal', 'the network gave no finite probability for this crop');
  return {
    probabilities: scores,
    embedding: embeddings.subarray(row * outputs.embeddingSize, (row + 1) * outputs.embeddingSize),
    ...(boxes && { boxOffsets: boxes.subarray(row * 4, (row + 1) * 4) }),
  };
}
