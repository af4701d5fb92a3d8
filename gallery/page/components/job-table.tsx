import { formatNumber, formatTime } from '../format.ts';
import { live } from '../state/live.ts';

/** The progress of all jobs. */
export function JobTable() {
  const jobs = live.value?.jobs ?? [];
  const hasTotals = jobs.some(({ total }) => total !== undefined);
  if (jobs.length === 0) return <p class="muted">No jobs yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls horizontally, also with the keyboard
    <section class="table-scroll" tabIndex={0} aria-label="Job progress">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Classified</th>
            <th scope="col">Rejected</th>
            {hasTotals ? <th scope="col">Pending</th> : null}
            <th scope="col">Images/s now</th>
            <th scope="col">Latest</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.job}>
              <th scope="row">{job.job}</th>
              <td>{formatNumber(job.classified)}</td>
              <td>{formatNumber(job.rejected)}</td>
              {hasTotals ? <td>{job.pending === undefined ? '' : formatNumber(job.pending)}</td> : null}
              <td>{job.perSecond}</td>
              <td>{formatTime(job.latest)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
