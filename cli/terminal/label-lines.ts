import { amount } from '../../jobs/cost/line.ts';
import { areNumbered, type Labels } from '../../model/import/labels.ts';
import { displayLabel } from '../../shared/models/label-name.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';

/** Their number, with the first and the last one, which show whether the label file was read as it is meant. */
export function describeLabels(labels: Labels): string {
  const [first, last] = [labels[0], labels.at(-1)];
  if (first === undefined || last === undefined || labels.length === 1 || areNumbered(labels)) {
    return countOf(labels.length, 'label');
  }
  const nameOf = ({ id, name }: Labels[number]) => cutLabel(displayLabel({ label_id: id, label: name }));
  return `${countOf(labels.length, 'label')} from ${nameOf(first)} to ${nameOf(last)}`;
}

/** Says on standard error that the classes have no names, and how to give them. */
export function warnAboutNumbers(labels: Labels): void {
  if (!areNumbered(labels)) return;
  const [first, last] = [labels[0]?.name, labels.at(-1)?.name];
  const classes =
    labels.length === 1
      ? `1 class is named ${first}`
      : `${amount(labels.length)} classes are named ${first} to ${last}`;
  console.error(`no label names: the ${classes}; give --labels <file> with one class per line: id, space, name`);
}
