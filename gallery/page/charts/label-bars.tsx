import { useState } from 'preact/hooks';
import type { Count } from '../../server/answers.ts';
import { PlaceLink } from '../components/place-link.tsx';
import { filterWith, place, type View } from '../state/place.ts';
import { endSearch } from '../state/search.ts';
import { number } from '../words.ts';

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
export function LabelBars({ labels, labelCount, shown, view = place.value.view }: LabelBarsProps) {
  const [isAll, setAll] = useState(false);
  const chosen = place.value.filter.label;
  const most = labels[0]?.images ?? 1;
  const seen = isAll ? labels : labels.slice(0, shown);
  if (labels.length === 0) return <p class="muted">No label.</p>;
  return (
    <>
      <ol class="bars">
        {seen.map(({ name, images }) => (
          <li key={name}>
            <PlaceLink
              to={{ view, filter: filterWith({ label: name === chosen ? undefined : name }) }}
              current={name === chosen ? 'true' : undefined}
              onFollow={endSearch}
            >
              <span class="choice-name">{name}</span> <span class="number">{number(images)}</span>
              <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar" width={(100 * images) / most} height="4" />
              </svg>
            </PlaceLink>
          </li>
        ))}
      </ol>
      {seen.length < labels.length ? (
        <button type="button" class="quiet" onClick={() => setAll(true)}>
          Show {number(labels.length)} labels
        </button>
      ) : null}
      {isAll && labels.length < labelCount ? (
        <p class="muted">{number(labelCount - labels.length)} rarer labels are found by searching.</p>
      ) : null}
    </>
  );
}
