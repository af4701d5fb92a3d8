import { matchesLabel } from '../../../shared/models/label-name.ts';
import type { LabelCount } from '../../server/responses.ts';
import { BoundedList } from '../components/bounded-list.tsx';
import { RouteLink } from '../components/route-link.tsx';
import { formatNumber, labelName } from '../format.ts';
import { filterWith, route, type View } from '../state/route.ts';
import { endSearch } from '../state/search.ts';

interface LabelBarsProps {
  /** The filter that a bar sets: by the label of the image, or of one of its regions. @default label */
  readonly filter?: 'label' | 'region';
  readonly labels: readonly LabelCount[];
  /** Number of distinct labels; the server lists only the most frequent. */
  readonly labelCount: number;
  /** Labels before "Show all" is pressed. */
  readonly initial: number;
  /** The view that a bar opens; by default the current one. */
  readonly view?: View;
}

/** The distribution of labels: a bar chart of links that filter by label. */
export function LabelBars(props: LabelBarsProps) {
  const { filter = 'label', labels, labelCount, initial, view = route.value.view } = props;
  const filtered = route.value.filter[filter];
  const isChosen = ({ name, labelId }: LabelCount) =>
    filtered !== undefined && matchesLabel(filtered)({ label: name, label_id: labelId });
  const max = labels[0]?.images ?? 1;
  if (labels.length === 0) return <p class="muted">No labels.</p>;
  return (
    <>
      <BoundedList
        class="bars"
        items={labels}
        initial={initial}
        nouns={{ one: 'label', many: 'labels' }}
        nameOf={({ name, labelId }) => `${name} ${labelId}`}
        isSelected={isChosen}
        render={(label) => (
          <RouteLink
            to={{ view, filter: filterWith({ [filter]: isChosen(label) ? undefined : label.labelId }) }}
            current={isChosen(label) ? 'true' : undefined}
            onNavigate={endSearch}
          >
            <span class="choice-name" title={label.name}>
              {labelName({ label: label.name, labelId: label.labelId })}
            </span>{' '}
            <span class="number">{formatNumber(label.images)}</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect class="bar" width={(100 * label.images) / max} height="4" />
            </svg>
          </RouteLink>
        )}
      />
      {labels.length < labelCount ? (
        <p class="muted">
          {formatNumber(labelCount - labels.length)} rarer labels
          {filter === 'label' ? ': find them with the search field' : ' are not listed'}.
        </p>
      ) : null}
    </>
  );
}
