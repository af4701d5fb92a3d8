import type { LiveJob } from '../../server/responses.ts';
import { formatCount, formatDuration, formatNumber, formatShare, formatTime, shortLocations } from '../format.ts';
import { live } from '../state/live.ts';
import { filterWith, route } from '../state/route.ts';
import { endSearch } from '../state/search.ts';
import { BoundedList } from './bounded-list.tsx';
import { RouteLink } from './route-link.tsx';

/** Jobs with their progress; each links to its images. */
export function JobList() {
  const jobs = live.value?.jobs ?? [];
  const locations = shortLocations(jobs.flatMap(({ source }) => source ?? []));
  return (
    <section>
      <h2>Jobs</h2>
      <BoundedList
        class="jobs"
        items={jobs}
        initial={4}
        nouns={{ one: 'job', many: 'jobs' }}
        nameOf={({ job }) => job}
        searchText={({ job, source }) => `${job} ${source ?? ''}`}
        isSelected={({ job }) => route.value.filter.job === job}
        render={(job) => <Job job={job} location={locations.get(job.source ?? '')} />}
      />
      {jobs.length === 0 ? <p class="muted">No jobs yet.</p> : null}
    </section>
  );
}

/** @param location of its images, shortened; undefined if unknown */
function Job({ job, location }: { job: LiveJob; location: string | undefined }) {
  const isSelected = route.value.filter.job === job.job;
  return (
    <RouteLink
      to={{ filter: filterWith({ job: isSelected ? undefined : job.job }) }}
      current={isSelected ? 'true' : undefined}
      onNavigate={endSearch}
    >
      <span class="job-name">
        {job.job}
        {job.stage === 'idle' ? null : <span class={`stage ${job.stage}`}>{job.stage}</span>}
      </span>
      {location === undefined ? null : (
        <span class="muted job-location" title={job.source ?? ''}>
          {location}
        </span>
      )}
      <Shares job={job} />
      <span class="muted">{countsText(job)}</span>
      <span class="muted">{paceText(job)}</span>
    </RouteLink>
  );
}

/** `58 %: 116 of 200 images, 1 rejected`. */
function countsText({ progress, classified, rejected }: LiveJob): string {
  const counts =
    progress === undefined
      ? formatCount(classified + rejected, 'image')
      : `${formatShare(progress.finished, progress.total)}: ${formatNumber(progress.finished)} of ${formatCount(progress.total, 'image')}`;
  return rejected > 0 ? `${counts}, ${formatNumber(rejected)} rejected` : counts;
}

/** `31 images/s, 3 s left`, or when the job was last active. */
export function paceText({ stage, perSecond, progress, latest }: LiveJob): string {
  if (stage === 'stopped') return `stopped ${formatTime(latest)}; run it again to continue`;
  if (stage === 'idle') return `latest ${formatTime(latest)}`;
  const waiting = stage === 'watching' ? 'waiting for new images' : 'waiting for the first results';
  const rate = perSecond > 0 ? `${formatNumber(perSecond)} images/s` : waiting;
  const seconds = progress?.secondsLeft ?? null;
  return seconds === null ? rate : `${rate}, ${formatDuration(seconds)} left`;
}

/** A bar of classified, rejected and pending images; the text next to it gives the numbers. */
function Shares({ job: { classified, rejected, progress, stage } }: { job: LiveJob }) {
  // Without a total, the share of a running job is unknown.
  if (progress === undefined && (stage === 'running' || stage === 'watching')) return null;
  const all = Math.max(1, progress?.total ?? classified + rejected);
  const finished = progress?.finished ?? classified + rejected;
  const failed = Math.min(rejected, finished);
  return (
    <svg class="shares" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="pending" width="100" height="4" />
      <rect class="classified" width={(100 * (finished - failed)) / all} height="4" />
      <rect class="rejected" x={(100 * (finished - failed)) / all} width={(100 * failed) / all} height="4" />
    </svg>
  );
}
