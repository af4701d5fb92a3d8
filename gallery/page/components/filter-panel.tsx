import { ConfidenceChart } from '../charts/confidence-chart.tsx';
import { LabelBars } from '../charts/label-bars.tsx';
import { overview } from '../state/overview.ts';
import { filterBy, place } from '../state/place.ts';
import { percent } from '../words.ts';
import { Choices } from './choices.tsx';
import { JobList } from './job-list.tsx';

/** All that one can filter by, with how many images each leaves. */
export function FilterPanel() {
  const counts = overview.value;
  if (counts === null) return <p class="muted">Counting…</p>;
  const { filter } = place.value;
  const min = Number(filter.min ?? 0);
  return (
    <div class="panel">
      <JobList />
      <Choices title="Outcome" name="status" counts={counts.statuses} />
      {counts.reasons.length > 0 || filter.reason !== undefined ? (
        <Choices title="Reason" name="reason" counts={counts.reasons} />
      ) : null}
      <section>
        <h2>Certainty</h2>
        <ConfidenceChart probabilities={counts.probabilities} min={min} />
        <label class="range">
          <span>
            At least <output>{percent(min)}</output>
          </span>
          <input
            type="range"
            min="0"
            max="0.95"
            step="0.05"
            value={min}
            onInput={({ currentTarget }) =>
              filterBy({ min: Number(currentTarget.value) === 0 ? undefined : currentTarget.value }, 'replace')
            }
          />
        </label>
      </section>
      {counts.models.length > 1 || filter.model !== undefined ? (
        <Choices title="Model" name="model" counts={counts.models} />
      ) : null}
      <section>
        <h2>Labels</h2>
        <LabelBars labels={counts.labels} labelCount={counts.labelCount} shown={40} />
      </section>
    </div>
  );
}
