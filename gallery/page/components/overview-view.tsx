import { ConfidenceChart } from '../charts/confidence-chart.tsx';
import { LabelBars } from '../charts/label-bars.tsx';
import { counting } from '../counting.ts';
import { formatCount, formatNumber } from '../format.ts';
import { overview } from '../state/overview.ts';
import { route } from '../state/route.ts';
import { FilterChips } from './filter-chips.tsx';
import { JobTable } from './job-table.tsx';

/** Job progress, and the distributions of labels and confidence. */
export function OverviewView() {
  const counts = overview.value;
  const min = Number(route.value.filter.min ?? 0);
  return (
    <div class="scroller page">
      <div class="toolbar">
        <p role="status" class="count">
          {counts === null ? counting() : formatCount(counts.count, 'image')}
        </p>
        <FilterChips />
      </div>
      <section class="card">
        <h2>Jobs</h2>
        <JobTable />
      </section>
      {counts === null ? null : (
        <div class="cards">
          <section class="card">
            <h2>Confidence</h2>
            <ConfidenceChart probabilities={counts.probabilities} min={min} />
          </section>
          <section class="card">
            <h2>{formatNumber(counts.labelCount)} labels</h2>
            <LabelBars labels={counts.labels} labelCount={counts.labelCount} initial={25} view="images" />
          </section>
          {counts.regionLabelCount === 0 ? null : (
            <section class="card">
              <h2>{formatCount(counts.regionLabelCount, 'label')} of regions</h2>
              <LabelBars
                filter="region"
                labels={counts.regionLabels}
                labelCount={counts.regionLabelCount}
                initial={25}
                view="images"
              />
            </section>
          )}
        </div>
      )}
    </div>
  );
}
