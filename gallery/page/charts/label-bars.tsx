import { useState } from 'preact/hooks';
import type { Count } from '../../server/responses.ts';
import { RouteLink } from '../components/route-link.tsx';
import { formatNumber } from '../format.ts';
import { filterWith, route, type View } from '../state/route.ts';
import { endSearch } from '../state/search.ts';

interface LabelBarsProps {
  readonly labels: readonly Count[];
  /** How many labels there are in all; the server lists only the most frequent. */
  readonly labelCount: number;
  /** At first; the others on request. */
  readonly shown: number;
  /** Where following a bar leads; by default it stays. */
  readonly view?: View;
}

/** The distribution of labels: a list of links with bars, each of which filters by its label. */
export function LabelBars({ labels, labelCount, shown, view = route.value.view }: LabelBarsProps) {
  const [isAll, setAll] = useState(false);
  const chosen = route.value.filter.label;
  const most = labels[0]?.images ?? 1;
  const seen = isAll ? labels : labels.slice(0, shown);
  if (labels.length === 0) return <p class="muted">No label.</p>;
  return (
    <>
      <ol class="bars">
        {seen.map(({ name, images }) => (
          <li key={name}>
            <RouteLink
              to={{ view, filter: filterWith({ label: name === chosen ? undefined : name }) }}
              current={name === chosen ? 'true' : undefined}
              onNavigate={endSearch}
            >
              <span class="choice-name">{name}</span> <span class="number">{formatNumber(images)}</span>
              <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar" width={(100 * images) / most} height="4" />
              </svg>
            </RouteLink>
          </li>
        ))}
      </ol>
      {seen.length < labels.length ? (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          Show {formatNumber(labels.length)} labels
        </button>
      ) : null}
      {isAll && labels.length < labelCount ? (
        <p class="muted">{formatNumber(labelCount - labels.length)} rarer labels are found by searching.</p>
      ) : null}
    </>
  );
}
