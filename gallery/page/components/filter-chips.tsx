import type { FilterName } from '../../server/filter-values.ts';
import type { LabelCount } from '../../server/responses.ts';
import { formatPercent, labelName, readableName } from '../format.ts';
import { overview } from '../state/overview.ts';
import { filterNames, navigate, route, setFilter } from '../state/route.ts';
import { Icon } from './icon.tsx';

/** The active filters, each with a button to remove it. */
export function FilterChips() {
  const { filter } = route.value;
  const active = filterNames.filter((name) => name !== 'sort' && filter[name] !== undefined);
  if (active.length === 0) return null;
  return (
    <ul class="chips" aria-label="Active filters">
      {active.map((name) => (
        <li key={name}>
          <button type="button" class="chip" onClick={() => setFilter({ [name]: undefined })}>
            <span class="visually-hidden">Remove filter: </span>
            {chipText(name, filter[name] ?? '')}
            <Icon name="close" />
          </button>
        </li>
      ))}
      {active.length > 1 ? (
        <li>
          <button type="button" class="quiet" onClick={() => navigate({ filter: {} })}>
            Clear filters
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function chipText(name: FilterName, value: string): string {
  if (name === 'min') return `at least ${formatPercent(Number(value))}`;
  if (name === 'text') return `“${value}”`;
  if (name === 'label') return labelText(overview.value?.labels, value);
  if (name === 'region') return `region ${labelText(overview.value?.regionLabels, value)}`;
  return name === 'job' ? `job ${value}` : readableName(value);
}

/** The name of a label that is given by its id or in full; any other text unchanged. */
function labelText(labels: readonly LabelCount[] | undefined, value: string): string {
  const label = labels?.find(({ name, labelId }) => labelId === value || name === value);
  return label === undefined ? value : labelName({ label: label.name, labelId: label.labelId });
}
