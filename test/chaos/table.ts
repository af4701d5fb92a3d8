import type { ScenarioOutcome } from './run-scenario.ts';

type Column = readonly [name: string, value: (outcome: ScenarioOutcome) => string | number];

const happened: readonly Column[] = [
  ['scenario', ({ name }) => name],
  ['images', ({ images }) => images.length],
  ['messages', ({ messages }) => messages],
  ['requests', ({ requests }) => requests],
  ['faults', ({ faults }) => Array.from(faults.values()).reduce((sum, count) => sum + count, 0)],
  ['kills', ({ kills }) => kills],
  ['pauses', ({ pauses }) => pauses],
  ['timeouts', ({ timeouts }) => timeouts],
  ['s', ({ seconds }) => Math.round(seconds)],
];

const sums: readonly Column[] = [
  ['scenario', ({ name }) => name],
  ['rows', ({ rows }) => rows],
  ['classified', ({ classified }) => classified],
  ['rejected', ({ rejected }) => rejected],
  ['to retry', ({ unfinished }) => unfinished.length],
  ['wrong', ({ wrong }) => wrong.length],
  ['missing', ({ missing }) => missing.length],
  ['duplicated', ({ duplicated }) => duplicated.length],
  ['other ETags', ({ otherEtags }) => otherEtags],
  ['pending', ({ status }) => status.pending],
  ['dead letters with row', ({ deadLetters }) => deadLetters.withRow],
  ['of these classified', ({ deadLetters }) => deadLetters.classified],
  ['without row', ({ deadLetters }) => deadLetters.withoutRow],
];

/** The chaos tables, a line per scenario: what happened, faults by kind, and what is in the store and the queues. */
export function chaosTable(outcomes: readonly ScenarioOutcome[]): string {
  const kinds = [...new Set(outcomes.flatMap(({ faults }) => [...faults.keys()]))].toSorted();
  const byKind = [
    ['fault', ...outcomes.map(({ name }) => name)],
    ...kinds.map((kind) => [kind, ...outcomes.map(({ faults }) => faults.get(kind) ?? 0)]),
  ];
  const errors = outcomes.flatMap(({ name, errors: failed }) =>
    failed.map((error) => `${name}: ingest failed: ${error}`),
  );
  return [markdown(cells(happened, outcomes)), markdown(byKind), markdown(cells(sums, outcomes)), ...errors].join(
    '\n\n',
  );
}

function cells(columns: readonly Column[], outcomes: readonly ScenarioOutcome[]) {
  return [columns.map(([name]) => name), ...outcomes.map((outcome) => columns.map(([, value]) => value(outcome)))];
}

/** A table with its head in the first line; numbers stand at the right. */
function markdown(lines: readonly (readonly (string | number)[])[]): string {
  const [head = []] = lines;
  const widths = head.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const row = (line: readonly (string | number)[]) => {
    const padded = widths.map((width, column) => {
      const text = String(line[column]);
      return column === 0 ? text.padEnd(width) : text.padStart(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  return [row(head), `| ${rule.join(' | ')} |`, ...lines.slice(1).map(row)].join('\n');
}
