import { ConfidenceChart } from '../charts/confidence-chart.tsx';
import { LabelBars } from '../charts/label-bars.tsx';
import { counting } from '../counting.ts';
import { formatPercent } from '../format.ts';
import { overview } from '../state/overview.ts';
import { route, setFilter } from '../state/route.ts';
import { FilterChoices } from './filter-choices.tsx';
import { JobList } from './job-list.tsx';

/** All filters, with image counts. */
export function FilterPanel() {
  const counts = overview.value;
  if (counts === null) return <p class="muted">{counting()}</p>;
  const { filter } = route.value;
  const min = Number(filter.min ?? 0);
  return (
    <div class="panel">
      <JobList />
      <FilterChoices
        title="Outcome"
        name="status"
        counts={counts.statuses}
        nouns={{ one: 'outcome', many: 'outcomes' }}
      />
      {counts.reasons.length > 0 || filter.reason !== undefined ? (
        <FilterChoices
          title="Reason"
          name="reason"
          counts={counts.reasons}
          nouns={{ one: 'reason', many: 'reasons' }}
        />
      ) : null}
      <section>
        <h2>Confidence</h2>
        <ConfidenceChart probabilities={counts.probabilities} min={min} />
        <label class="range">
          <span>
            At least <output>{formatPercent(min)}</output>
          </span>
          <input
            type="range"
            min="0"
            max="0.95"
            step="0.05"
            value={min}
            onInput={({ currentTarget }) =>
              setFilter({ min: Number(currentTarget.value) === 0 ? undefined : currentTarget.value }, 'replace')
            }
          />
        </label>
      </section>
      {counts.models.length > 1 || filter.model !== undefined ? (
        <FilterChoices title="Model" name="model" counts={counts.models} nouns={{ one: 'model', many: 'models' }} />
      ) : null}
      <section>
        <h2>Labels</h2>
        <LabelBars labels={counts.labels} labelCount={counts.labelCount} initial={20} />
      </section>
      {counts.regionLabels.length > 0 || filter.region !== undefined ? (
        <section class="region-labels">
          <h2>Regions</h2>
          <LabelBars filter="region" labels={counts.regionLabels} labelCount={counts.regionLabelCount} initial={20} />
        </section>
      ) : null}
    </div>
  );
}
