import type { ImagesPage } from '../responses.ts';
import type { Filter } from './filter.ts';
import { imagesByNumber } from './image-rows.ts';
import type { Catalogue } from './open-catalogue.ts';

/** A page of the filtered images; empty past the end. */
export async function imagesPage(
  catalogue: Catalogue,
  filter: Filter,
  { offset, limit }: { offset: number; limit: number },
): Promise<ImagesPage> {
  const order = await catalogue.order(filter);
  const images = await imagesByNumber(catalogue, [...order.subarray(offset, offset + limit)]);
  return { version: catalogue.version, count: order.length, offset, images };
}
