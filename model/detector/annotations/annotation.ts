import type { Box } from '../../../shared/regions/region.ts';

/** An object that a person marked. The box is in pixels of the upright original, from 0; its edges may be fractions. */
export interface AnnotatedObject extends Box {
  readonly label: string;
  /**
   * An object that is neither a training example nor a miss: `difficult` in VOC files; `crowd`, a group of objects in one box, in
   * COCO files (`iscrowd`). They differ in how often they may be detected, see `matchDetections`.
   */
  readonly exempt?: 'difficult' | 'crowd';
}

export interface AnnotatedImage {
  /** The path of the image in the folder of images, as the annotations state it. */
  readonly name: string;
  /** As the annotations state it; absent if they do not. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly objects: readonly AnnotatedObject[];
}
