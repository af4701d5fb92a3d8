import type { PublishedFile } from '../pull/published-file.ts';

/** How a model directory is made. */
export type Recipe =
  /** A published network and its label file, see `importModel`; then optimized. */
  | {
      readonly kind: 'import';
      readonly preset: string;
      /** Output with the class probabilities or logits; needed if the network has several. */
      readonly output?: string | undefined;
      readonly network: PublishedFile;
      readonly labels: PublishedFile;
    }
  /** A TensorFlow.js model in a folder of a package of npm, see `importModel`; then optimized. The preset has its labels. */
  | {
      readonly kind: 'package';
      readonly preset: string;
      /** Output with the class probabilities or logits; needed if the network has several. */
      readonly output?: string | undefined;
      readonly archive: PublishedFile;
      /** Inside the archive: `package/dist/model`. */
      readonly folder: string;
    }
  /** The two files of a model directory, as any command here writes it. */
  | { readonly kind: 'directory'; readonly manifest: PublishedFile; readonly network: PublishedFile }
  /** An int8 copy of the default model, made with recorded value ranges. */
  | { readonly kind: 'int8'; readonly of: string }
  /** A model directory that is part of this package. */
  | { readonly kind: 'included'; readonly directory: string };

/** Accuracy as it was measured. */
export interface Accuracy {
  /** Share of images whose most probable label is right, 0 to 1. */
  readonly top1: number;
  /** Share of images whose label is among the five most probable ones. */
  readonly top5?: number | undefined;
  /** The images that it was measured on. */
  readonly images: string;
  readonly source: string;
}

/** A model that is opened by its name. */
export interface CatalogEntry {
  readonly name: string;
  /** What it is for, in one line. */
  readonly about: string;
  /** Number of labels; undefined if the catalog does not state it. */
  readonly labels?: number | undefined;
  readonly accuracy?: Accuracy | undefined;
  readonly license?: string | undefined;
  readonly recipe: Recipe;
}

/** Entries by name. */
export type Catalog = ReadonlyMap<string, CatalogEntry>;

/** The files that an entry downloads. */
export function filesOf(entry: CatalogEntry, catalog: Catalog): readonly PublishedFile[] {
  const { recipe } = entry;
  switch (recipe.kind) {
    case 'import':
      return [recipe.network, recipe.labels];
    case 'package':
      return [recipe.archive];
    case 'directory':
      return [recipe.manifest, recipe.network];
    case 'int8':
      return filesOf(entryOf(catalog, recipe.of), catalog);
    case 'included':
      return [];
  }
}

/** An entry that another entry names. */
export function entryOf(catalog: Catalog, name: string): CatalogEntry {
  const entry = catalog.get(name);
  if (entry === undefined) throw new Error(`the catalog has no entry ${name}`);
  return entry;
}
