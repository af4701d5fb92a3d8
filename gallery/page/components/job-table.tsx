import { useState } from 'preact/hooks';
import { formatNumber, formatShare, shortLocations } from '../format.ts';
import { live } from '../state/live.ts';
import { paceText } from './job-list.tsx';

const initial = 8;

/** The progress of all jobs. */
export function JobTable() {
  const [isExpanded, setExpanded] = useState(false);
  const jobs = live.value?.jobs ?? [];
  const locations = shortLocations(jobs.flatMap(({ source }) => source ?? []));
  const hasTotals = jobs.some(({ progress }) => progress !== undefined);
  if (jobs.length === 0) return <p class="muted">No jobs yet.</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls horizontally, also with the keyboard */}
      <section class="table-scroll" tabIndex={0} aria-label="Job progress">
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">Classified</th>
              <th scope="col">Rejected</th>
              {hasTotals ? <th scope="col">Pending</th> : null}
              {hasTotals ? <th scope="col">Done</th> : null}
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {(isExpanded ? jobs : jobs.slice(0, initial)).map((job) => (
              <tr key={job.job}>
                <th scope="row" title={job.source ?? undefined}>
                  {job.job}
                  <JobLocation location={locations.get(job.source ?? '')} />
                </th>
                <td>{formatNumber(job.classified)}</td>
                <td>{formatNumber(job.rejected)}</td>
                {hasTotals ? <td>{job.progress === undefined ? '' : formatNumber(job.progress.pending)}</td> : null}
                {hasTotals ? (
                  <td>{job.progress === undefined ? '' : formatShare(job.progress.finished, job.progress.total)}</td>
                ) : null}
                <td>{paceText(job)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {jobs.length > initial ? (
        <button type="button" class="quiet" aria-expanded={isExpanded} onClick={() => setExpanded(!isExpanded)}>
          {isExpanded ? 'Show fewer jobs' : `Show all ${formatNumber(jobs.length)} jobs`}
        </button>
      ) : null}
    </>
  );
}

function JobLocation({ location }: { location: string | undefined }) {
  return location === undefined ? null : <span class="muted job-location">{location}</span>;
}
