import type { BuilderOptions } from './network-builder.ts';

export interface NetworkOptions extends BuilderOptions {
  readonly classes: number;
  /** Height and width of the image, pixels. */
  readonly size: number;
  /** Inception modules with dimension reduction, the default, or without. GoogLeNet only. */
  readonly modules?: 'reduced' | 'naive';
  /** Two more classifiers in the middle, for training; none by default. GoogLeNet only. */
  readonly auxiliary?: boolean;
}
