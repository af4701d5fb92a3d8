import { escapeControls } from '../../results/export/escape-controls.ts';
import { displayLabel } from '../../shared/models/label-name.ts';
import type { FrequentLabel } from '../engine/run/frequent-labels.ts';
import { wrapList } from './wrap-list.ts';

/**
 * Lines with the most frequent labels; none if each of many occurs once, which says nothing.
 * @param total images, or regions, that have a label
 */
export function frequentLabelLines(title: string, labels: readonly FrequentLabel[], total: number): string[] {
  const isTelling = (labels[0]?.count ?? 0) > 1 || total <= labels.length;
  if (labels.length === 0 || !isTelling) return [];
  const texts = labels.map((each) => `${displayLabel(each)} ${each.count} (${(100 * each.share).toFixed(1)} %)`);
  return wrapList(title, texts.map(escapeControls));
}
