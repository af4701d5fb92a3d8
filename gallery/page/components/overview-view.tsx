import { ConfidenceChart } from '../charts/confidence-chart.tsx';
import { LabelBars } from '../charts/label-bars.tsx';
import { overview } from '../state/overview.ts';
import { place } from '../state/place.ts';
import { counted, number } from '../words.ts';
import { Chips } from './chips.tsx';
import { JobTable } from './job-table.tsx';

/** How the jobs stand, which labels there are, and how certain they are. */
export function OverviewView() {
  const counts = overview.value;
  const min = Number(place.value.filter.min ?? 0);
  return (
    <div class="scroller page">
      <div class="toolbar">
        <p role="status" class="count">
          {counts === null ? 'Counting…' : counted(counts.count, 'image')}
        </p>
        <Chips />
      </div>
      <section class="card">
        <h2>Jobs</h2>
        <JobTable />
      </section>
      {counts === null ? null : (
        <div class="cards">
          <section class="card">
            <h2>Certainty of the labels</h2>
            <ConfidenceChart probabilities={counts.probabilities} min={min} />
          </section>
          <section class="card">
            <h2>{number(counts.labelCount)} labels</h2>
            <LabelBars labels={counts.labels} labelCount={counts.labelCount} shown={25} view="images" />
          </section>
        </div>
      )}
    </div>
  );
}
