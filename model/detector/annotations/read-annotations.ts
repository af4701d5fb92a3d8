import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import pMap from 'p-map';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { AnnotatedImage } from './annotation.ts';
import { parseCoco } from './coco.ts';
import { parseVoc } from './voc.ts';

export interface Annotations {
  /** Of at least one image, in the order of the file or of the file names. */
  readonly images: readonly AnnotatedImage[];
  /** The folder of the annotations, which is that of the images unless another one is given. */
  readonly folder: string;
}

const formats = 'a folder of PASCAL VOC .xml files or a COCO .json file';

/**
 * Reads annotated boxes from a folder of PASCAL VOC files, one such file, or a COCO file.
 * @throws {UserError} if the path is missing, or its format is unknown or ambiguous
 */
export async function readAnnotations(path: string): Promise<Annotations> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new UserError(`no annotations at ${path}: give ${formats}`, { cause });
  });
  const files = stats.isDirectory() ? await filesIn(path) : [path];
  const folder = stats.isDirectory() ? path : dirname(path);
  const all = (await pMap(files, readFileOf, { concurrency: 16 })).flat();
  if (all.length === 0) throw new UserError(`${path} has no images`);
  checkNames(all, path);
  return { images: all, folder };
}

/** The annotation files of a folder, which may also hold the images. */
async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const voc = names.filter((name) => kindOf(name) === '.xml');
  const coco = names.filter((name) => kindOf(name) === '.json');
  const [first] = coco;
  if (voc.length > 0 && first !== undefined) {
    throw new UserError(`${folder} has .xml and .json files: give the folder of the one, or the path of the other`);
  }
  if (coco.length > 1) throw new UserError(`${folder} has ${coco.length} .json files: give the path of one`);
  if (voc.length + coco.length === 0) throw new UserError(`${folder} has no .xml or .json file: give ${formats}`);
  return [...voc, ...coco].map((name) => join(folder, name));
}

async function readFileOf(file: string): Promise<AnnotatedImage[]> {
  const kind = kindOf(file);
  if (kind !== '.xml' && kind !== '.json') throw new UserError(`${file} has an unknown format: give ${formats}`);
  const text = await readFile(file, 'utf8');
  return kind === '.xml' ? [parseVoc(text, file)] : parseCoco(text, file);
}

function kindOf(file: string): string {
  return extname(file).toLowerCase();
}

function checkNames(images: readonly AnnotatedImage[], path: string): void {
  const seen = new Set<string>();
  for (const { name } of images) {
    if (seen.has(name)) throw new UserError(`${path} annotates ${name} twice: merge or remove one`);
    seen.add(name);
  }
}
