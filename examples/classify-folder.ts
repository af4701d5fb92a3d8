// Labels of every image in a folder: node classify-folder.ts ./photos
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openModel } from 'inception-batch';

const [folder = 'photos'] = process.argv.slice(2);
await using model = await openModel();
const paths = (await readdir(folder)).map((name) => join(folder, name));
for await (const image of model.classify(paths)) {
  console.log(image.name, image.status === 'classified' ? image.label : image.reason);
}
