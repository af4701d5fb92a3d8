// The three best boxes of every image in a folder: node propose-regions.ts ./photos
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { proposeRegions } from 'inception-batch';

const [folder = 'photos'] = process.argv.slice(2);
const paths = (await readdir(folder)).toSorted().map((name) => join(folder, name));
for await (const image of proposeRegions(paths, { max: 3 })) {
  if (image.status === 'rejected') console.log(image.name, image.reason);
  else for (const { x, y, width, height } of image.regions) console.log(image.name, x, y, width, height);
}
