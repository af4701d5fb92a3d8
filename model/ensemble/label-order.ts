import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Member } from './open-members.ts';

type Label = ModelManifest['labels'][number];

/**
 * Where a model has the labels of the first one.
 * @returns for each label of `first`, its index in `other`; undefined if both have the same order
 * @throws {UserError} naming the first difference, if the labels are not the same
 */
export function labelOrder(first: Member, other: Member): readonly number[] | undefined {
  const [wanted, given] = [first.model.manifest.labels, other.model.manifest.labels];
  const indices = new Map<string, number[]>();
  for (const [index, label] of given.entries())
    indices.set(keyOf(label), [...(indices.get(keyOf(label)) ?? []), index]);
  const order = wanted.map((label) => {
    const index = indices.get(keyOf(label))?.shift();
    if (index === undefined) throw labelsDiffer(first, other, difference(label, given, first.source, other.source));
    return index;
  });
  if (given.length !== wanted.length) {
    const further = given.find((label) => (indices.get(keyOf(label))?.length ?? 0) > 0);
    const detail = further === undefined ? '' : `${first.source} has no label ${describe(further)}`;
    throw labelsDiffer(first, other, detail);
  }
  return order.every((index, position) => index === position) ? undefined : order;
}

function keyOf({ id, name }: Label): string {
  return JSON.stringify([id, name]);
}

function difference(label: Label, given: readonly Label[], first: string, other: string): string {
  const renamed = given.find(({ id }) => id === label.id);
  return renamed === undefined
    ? `${other} has no label ${describe(label)}`
    : `the label ${label.id} is "${label.name}" in ${first} and "${renamed.name}" in ${other}`;
}

function describe({ id, name }: Label): string {
  return name === id || name === '' ? id : `${id} (${name})`;
}

function labelsDiffer(first: Member, other: Member, detail: string): UserError {
  return new UserError(
    `the labels of ${first.source} and ${other.source} differ: ${detail}; give models of the same labels`,
  );
}
