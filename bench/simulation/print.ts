import prettyMs from 'pretty-ms';
import { printTable } from '../../cli/terminal/print-table.ts';
import type { IncidentOutcome } from './pipeline/incidents.ts';
import type { Outcome } from './pipeline/outcome.ts';
import type { Deployment } from './template/deployment.ts';

/** Prints one line per scenario, and below them the alarms. */
export function printOutcomes(deployment: Deployment, outcomes: readonly Outcome[]): void {
  const { workers } = deployment;
  const head = ['images', 'first row', 'last row', 'oldest upload', 'oldest crop', 'no row for', 'lost', 'restarts'];
  const costs = workers ? ['instance h', '$ idle', '$ total'] : ['$ total'];
  const rows = outcomes.map((outcome) => [
    outcome.scenario,
    duration(outcome.firstRow),
    duration(outcome.lastRow),
    duration(outcome.oldestUpload),
    duration(outcome.oldestCrop),
    duration(outcome.longestWait),
    outcome.lost.toLocaleString('en'),
    String(outcome.restarts),
    ...(workers ? [outcome.instanceHours.toFixed(1), outcome.idleDollars.toFixed(2)] : []),
    outcome.dollars.toFixed(2),
  ]);
  printTable([...head, ...costs], rows, { columns: undefined, rightFrom: 1 });
  for (const { scenario, alarms } of outcomes) {
    const went = alarms.map(({ id, at }) => `${nameOf(id)} after ${duration(at)}`);
    if (went.length > 0) console.log(`${scenario}: alarm ${went.join(', ')}`);
  }
}

/** Prints which alarm went off for each incident. */
export function printIncidents(name: string, incidents: readonly IncidentOutcome[]): void {
  const rows = incidents.map(({ incident, alarms }) => {
    const [first, ...others] = alarms;
    return [
      incident,
      first ? nameOf(first.id) : 'none',
      duration(first?.at),
      others.map(({ id, at }) => `${nameOf(id)} ${duration(at)}`).join(', '),
    ];
  });
  console.log(`${name}\n`);
  printTable(['incident', 'first alarm', 'after', 'then'], rows, { columns: undefined, rightFrom: 9 });
  console.log();
}

/** Seconds as text, `1h 40m`. */
export function duration(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : prettyMs(seconds * 1000, { unitCount: 2, secondsDecimalDigits: 0 });
}

/** The logical id of an alarm without the hash and the construct that contains it. */
export function nameOf(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '').replace(/^.*Alarms/, '');
}
