import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../shared/failures/user-error.ts';

/** An image of the samples and the id of its label: the folder that it lies in. */
export interface Sample {
  /** Path below the folder of samples, with slashes. */
  readonly key: string;
  readonly label: string;
}

/** A sample and what became of it. */
export interface Outcome extends Sample {
  /** Name of the label that it has, and of the one it was given or the reason why it got none. */
  readonly name: string;
  readonly given: string;
  readonly isClassified: boolean;
  readonly isCorrect: boolean;
}

/**
 * The images in a folder of class folders.
 * @throws {UserError} when there are none, or a folder bears the id of no label
 */
export async function listSamples(folder: string, labels: ReadonlySet<string>): Promise<Sample[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError(`expected samples in ${folder}`, { cause });
  });
  const samples: Sample[] = [];
  for (const { name: label } of found.filter((entry) => entry.isDirectory())) {
    if (!labels.has(label))
      throw new UserError(
        `the folder ${label} in ${folder} is no label of the model: expected one of ${[...labels].join(', ')}`,
      );
    const names = await readdir(join(folder, label));
    // A run leaves out hidden files, such as those that file managers write.
    for (const name of names.filter((own) => !own.startsWith('.'))) samples.push({ key: `${label}/${name}`, label });
  }
  if (samples.length === 0) throw new UserError(`expected folders of images in ${folder}, found none`);
  return samples.sort((one, other) => (one.key < other.key ? -1 : 1));
}
