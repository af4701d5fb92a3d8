import { readFile } from 'node:fs/promises';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';

export type Labels = ModelManifest['labels'];

/**
 * Reads a label file: one class per line, in the network's order: an id, a space and a name
 * (`n01440764 tench, Tinca tinca`). A line with one word is both id and name.
 * @throws {UserError} if the file cannot be read or is not text, a line is empty, or two lines have the same id
 */
export async function readLabels(path: string): Promise<Labels> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UserError(`the label file ${path} cannot be read: give a file with one id and name per line`, { cause });
  });
  return parseLabels(text, path);
}

export function parseLabels(text: string, path: string): Labels {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  if (/[\0\uFFFD]/.test(text))
    throw new UserError(`${path} is not a text file: give one class per line: id, space, name`);
  const seen = new Map<string, number>();
  return lines.map((line, index) => {
    const [, id, name] = /^(\S+)(?:\s+(.*\S))?\s*$/.exec(line.trimStart()) ?? [];
    if (id === undefined) throw new UserError(`${path}: line ${index + 1} is empty: give an id and a name`);
    const earlier = seen.get(id);
    if (earlier !== undefined) throw new UserError(`${path}: lines ${earlier} and ${index + 1} have the same id ${id}`);
    seen.set(id, index + 1);
    return { id, name: name ?? id };
  });
}

/** True for labels that were numbered because no label file was given. */
export function areNumbered(labels: Labels): boolean {
  return labels.every(({ name }, index) => name === `class ${index}`);
}

/** Labels for a network without a label file. */
export function numberedLabels(classes: number): Labels {
  return Array.from({ length: classes }, (_, index) => ({ id: `class-${index}`, name: `class ${index}` }));
}

function countHint(labels: number, classes: number): string {
  if (labels === classes + 1) return '; is the first line a heading or a background class?';
  const isOneOfTwo = labels === 1 && classes === 2;
  return isOneOfTwo
    ? '; of one output per image: first the label for a low output, then the one for a high output'
    : '';
}

/** @throws {UserError} with both numbers, if there is not one label per class */
export function checkLabelCount(labels: Labels, classes: number, path: string): void {
  if (labels.length !== classes) {
    const hint = countHint(labels.length, classes);
    throw new UserError(
      `the network has ${classes} classes, but ${path} has ${labels.length} ${labels.length === 1 ? 'label' : 'labels'}: give one label per class, in the ` +
        `network's order${hint}`,
    );
  }
}
