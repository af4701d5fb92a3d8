import type { NamedFile } from './check-formats.ts';
import { mapParts, type Part } from './parts.ts';

/** Fetches parts and checks them. @returns their paths, in this order */
export async function fetchedFiles(
  parts: readonly Part[],
  check: (files: readonly NamedFile[]) => Promise<void>,
): Promise<string[]> {
  const files = await mapParts(parts, async (part) => ({ name: part.name, path: await part.fetch() }));
  await check(files);
  return files.map(({ path }) => path);
}
