import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../shared/failures/user-error.ts';

/** A sample image with its true label, which is the name of its folder. */
export interface Sample {
  /** Path relative to the samples folder, with slashes. */
  readonly key: string;
  /** Label id. */
  readonly label: string;
}

/** A sample with its prediction. */
export interface Outcome extends Sample {
  /** Name of the true label. */
  readonly name: string;
  /** Name of the predicted label, or the failure reason. */
  readonly predicted: string;
  readonly isClassified: boolean;
  readonly isCorrect: boolean;
}

/**
 * Lists the samples in a folder with one subfolder per label, sorted by key.
 * @throws {UserError} if there are none, or a subfolder is not named by a label
 */
export async function listSamples(folder: string, labels: ReadonlySet<string>): Promise<Sample[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new UserError(`cannot read the samples folder ${folder}`, { cause });
  });
  const samples: Sample[] = [];
  for (const { name: label } of entries.filter((entry) => entry.isDirectory())) {
    if (!labels.has(label))
      throw new UserError(`${join(folder, label)} is not named by a label of the model: ${[...labels].join(', ')}`);
    const names = await readdir(join(folder, label));
    // A run also skips hidden files, such as those that file managers write.
    for (const name of names.filter((file) => !file.startsWith('.'))) samples.push({ key: `${label}/${name}`, label });
  }
  if (samples.length === 0) throw new UserError(`no samples in ${folder}: add folders of images, named by label`);
  return samples.sort((a, b) => (a.key < b.key ? -1 : 1));
}
