import type { LiveCatalogue } from './catalogue/live-catalogue.ts';
import type { GalleryInfo } from './responses.ts';
import type { ImageSearch } from './search/image-search.ts';
import type { RegionSearch } from './search/region-search.ts';
import type { Thumbnails } from './thumbnails/thumbnails.ts';

/** Services behind the routes. */
export interface Gallery {
  readonly info: GalleryInfo;
  readonly live: LiveCatalogue;
  readonly thumbnails: Thumbnails;
  readonly search: ImageSearch;
  readonly regions: RegionSearch;
}
