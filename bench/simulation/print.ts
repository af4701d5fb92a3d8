import { printTable } from '../../cli/terminal/print-table.ts';
import { terminalColumns } from '../../cli/terminal/terminal-columns.ts';
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

/** Prints one line per scenario, and below them what is wrong with each. */
export function printOutcomes(deployment: Deployment, outcomes: readonly Outcome[]): void {
  printTable([...outcomeHead], outcomes.map(outcomeCells), { columns: undefined, rightFrom: 1 });
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

/** Prints which alarms go off for each incident. */
export function printIncidents(incidents: readonly IncidentOutcome[]): void {
  const columns = terminalColumns();
  printTable([...incidentHead], incidents.map(incidentCells), { columns, wrapped: 3, rightFrom: incidentHead.length });
}

/** The line of an incident. */
export function incidentCells({ incident, alarms }: IncidentOutcome): string[] {
  const [first] = alarms;
  const later = alarms.filter(({ id }) => id !== first?.id);
  return [incident, first ? alarmName(first.id) : 'none', duration(first?.at), describeAlarms(later)];
}
