import type { ImagesPage } from '../responses.ts';
import type { Filter } from './filter.ts';
import { imagesByNumber } from './image-rows.ts';
import type { Catalogue } from './open-catalogue.ts';

/** A window of the images that a filter leaves; past the end it is empty. */
export async function imagesPage(
  catalogue: Catalogue,
  filter: Filter,
  { offset, limit }: { offset: number; limit: number },
): Promise<ImagesPage> {
  const order = await catalogue.order(filter);
  const images = await imagesByNumber(catalogue, [...order.subarray(offset, offset + limit)]);
  return { version: catalogue.version, count: order.length, offset, images };
}
