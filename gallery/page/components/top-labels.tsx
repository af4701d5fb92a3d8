import type { Score } from '../../server/responses.ts';
import { formatPercent, labelName } from '../format.ts';

/** The most probable labels, with bars. */
export function TopLabels({ top }: { top: readonly Score[] }) {
  if (top.length === 0) return null;
  return (
    <section>
      <h3>Most probable labels</h3>
      <ol class="bars top-labels">
        {top.map(({ labelId, label, probability }) => (
          <li key={labelId}>
            <span class="choice-name" title={label}>
              {labelName({ label, labelId })}
            </span>{' '}
            <span class="number">{formatPercent(probability)}</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="track" width="100" height="4" />
              <rect class="bar" width={100 * probability} height="4" />
            </svg>
          </li>
        ))}
      </ol>
    </section>
  );
}
