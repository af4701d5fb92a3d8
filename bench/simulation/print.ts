import { printTable } from '../../cli/terminal/print-table.ts';
import { alarmName, describeAlarms, duration } from './pipeline/describe-alarms.ts';
import type { IncidentOutcome } from './pipeline/incidents.ts';
import type { Outcome } from './pipeline/outcome.ts';
import { problemsOf } from './pipeline/problems.ts';
import type { Deployment } from './template/deployment.ts';

export const outcomeHead = [
  ...['images', 'first row', 'last row', 'upload age', 'crop age', 'stall', 'lost', 'restarts'],
  ...['GPU h', 'idle $', 'total $'],
] as const;
export const incidentHead = ['incident', 'first alarm', 'after', 'then'] as const;

/** Columns for which a line of 100 characters has no room: JSON contains them. */
const unprinted: ReadonlySet<string> = new Set(['stall', 'restarts']);

/** Prints one line per scenario, and below them what is wrong with each. */
export function printOutcomes(deployment: Deployment, outcomes: readonly Outcome[]): void {
  const shown = (cells: readonly string[]) => cells.filter((_, column) => !unprinted.has(outcomeHead[column] ?? ''));
  const rows = outcomes.map((outcome) => shown(outcomeCells(outcome)));
  printTable(shown(outcomeHead), rows, { columns: undefined, rightFrom: 1 });
  for (const outcome of outcomes) {
    for (const problem of problemsOf(deployment, outcome)) console.log(`${outcome.scenario}: ${problem}`);
  }
}

/** The line of a scenario. */
export function outcomeCells(outcome: Outcome): string[] {
  return [
    outcome.scenario,
    duration(outcome.firstRow),
    duration(outcome.lastRow),
    duration(outcome.oldestUpload),
    duration(outcome.oldestCrop),
    duration(outcome.longestWait),
    outcome.lost.toLocaleString('en'),
    String(outcome.restarts),
    outcome.instanceHours.toFixed(1),
    outcome.idleDollars.toFixed(2),
    outcome.dollars.toFixed(2),
  ];
}

/** Prints which alarm goes off first for each incident. */
export function printIncidents(incidents: readonly IncidentOutcome[]): void {
  const shown = incidentHead.length - 1;
  const rows = incidents.map((incident) => incidentCells(incident).slice(0, shown));
  printTable(incidentHead.slice(0, shown), rows, { columns: undefined, rightFrom: shown });
}

/** The line of an incident. */
export function incidentCells({ incident, alarms }: IncidentOutcome): string[] {
  const [first] = alarms;
  const later = alarms.filter(({ id }) => id !== first?.id);
  return [incident, first ? alarmName(first.id) : 'none', duration(first?.at), describeAlarms(later)];
}
