import { z } from 'zod';

/** What identifies a row, as an SQL expression over the columns of the view `results`. */
export const numberSql = 'md5_number_upper(concat_ws(chr(10), image_id, model, preprocess))';

/** SQL column of the id that clients use. */
export const idColumn = `printf('%016x', number) as id`;

/** SQL condition that finds an image by its id. @param id valid for `idSchema` */
export function hasId(id: string): string {
  return hasIds([id]);
}

export function hasIds(ids: readonly string[]): string {
  return `number in (${ids.map((id) => `${BigInt(`0x${id}`)}::ubigint`).join(', ')})`;
}

export const idSchema = z.string().regex(/^[0-9a-f]{16}$/);
