import type { LiveJob } from '../../server/responses.ts';
import { formatCount, formatNumber, formatTime } from '../format.ts';
import { live } from '../state/live.ts';
import { filterWith, route } from '../state/route.ts';
import { endSearch } from '../state/search.ts';
import { RouteLink } from './route-link.tsx';

/** Jobs with their progress; each links to its images. */
export function JobList() {
  const jobs = live.value?.jobs ?? [];
  return (
    <section>
      <h2>Jobs</h2>
      <ul class="jobs">
        {jobs.map((job) => (
          <li key={job.job}>
            <Job job={job} />
          </li>
        ))}
      </ul>
      {jobs.length === 0 ? <p class="muted">No jobs yet.</p> : null}
    </section>
  );
}

function Job({ job }: { job: LiveJob }) {
  const isSelected = route.value.filter.job === job.job;
  const done = job.classified + job.rejected;
  return (
    <RouteLink
      to={{ filter: filterWith({ job: isSelected ? undefined : job.job }) }}
      current={isSelected ? 'true' : undefined}
      onNavigate={endSearch}
    >
      <span class="job-name">
        {job.job}
        {job.perSecond > 0 ? <span class="live">live</span> : null}
      </span>
      <Shares job={job} />
      <span class="muted">
        {job.total === undefined
          ? formatCount(done, 'image')
          : `${formatNumber(done)} of ${formatCount(job.total, 'image')}`}
        {job.rejected > 0 ? `, ${formatNumber(job.rejected)} rejected` : ''}
      </span>
      <span class="muted">
        {job.perSecond > 0 ? `${job.perSecond} images/s now` : `latest ${formatTime(job.latest)}`}
      </span>
    </RouteLink>
  );
}

/** A bar of classified, rejected and pending images; the text next to it gives the numbers. */
function Shares({ job: { classified, rejected, total } }: { job: LiveJob }) {
  const all = Math.max(1, total ?? classified + rejected);
  return (
    <svg class="shares" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="pending" width="100" height="4" />
      <rect class="classified" width={(100 * classified) / all} height="4" />
      <rect class="rejected" x={(100 * classified) / all} width={(100 * rejected) / all} height="4" />
    </svg>
  );
}
