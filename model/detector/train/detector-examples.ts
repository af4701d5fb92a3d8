import type { ProposedRegion } from '../../../shared/regions/region.ts';
import { wholeImageBox } from '../../../shared/regions/whole-image.ts';
import type { AnnotatedObject } from '../annotations/annotation.ts';

/** An image from which a detector learns, or on which it is tested. */
export interface DetectorImage {
  readonly name: string;
  /** Images with the same content have the same digest. */
  readonly digest: string;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly AnnotatedObject[];
  /** First those of the objects, then the proposals. */
  readonly boxes: readonly ProposedRegion[];
  /** Index of the embedding of the whole image. */
  readonly imageRow: number;
  /** Index of the embedding of the first box; those of the others follow. */
  readonly firstRow: number;
}

/** The embedded regions of annotated images. */
export interface DetectorExamples {
  readonly images: readonly DetectorImage[];
  /** [rows, size]. */
  readonly embeddings: Float32Array;
  readonly size: number;
  /** Names of the objects, sorted; the class `labels.length` is the background. */
  readonly labels: readonly string[];
}

/** A region of an image as a row of `embeddings`. */
export interface RegionRow {
  readonly row: number;
  readonly box: ProposedRegion;
}

/** The regions that a detector labels in use: without those of the annotations. */
export function candidateRows(image: DetectorImage): RegionRow[] {
  return [wholeImageRow(image), ...proposalRows(image)];
}

export function proposalRows({ boxes, objects, firstRow }: DetectorImage): RegionRow[] {
  return boxes.slice(objects.length).map((box, index) => ({ row: firstRow + objects.length + index, box }));
}

export function wholeImageRow(image: DetectorImage): RegionRow {
  return { row: image.imageRow, box: wholeImageBox(image) };
}
