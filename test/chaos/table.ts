import type { ScenarioOutcome } from './run-scenario.ts';

/** The chaos table: a line per scenario, and below each its faults by kind. */
export function chaosTable(outcomes: readonly ScenarioOutcome[]): string {
  const head = [
    ...['scenario', 'images', 'messages', 'requests', 'faults', 'kills', 'pauses', 'timeouts', 'rows', 'missing'],
    ...[
      'duplicated',
      'other ETags',
      'to retry',
      'wrong',
      'dead with row',
      'of these classified',
      'dead without row',
      'pending',
      's',
    ],
  ];
  const lines = outcomes.map((outcome) => [
    outcome.name,
    ...[outcome.images.length, outcome.messages, outcome.requests, faultsOf(outcome)],
    ...[outcome.kills, outcome.pauses, outcome.timeouts, outcome.rows],
    ...[
      outcome.missing.length,
      outcome.duplicated.length,
      outcome.otherEtags,
      outcome.unfinished.length,
      outcome.wrong.length,
    ],
    ...[outcome.deadLetters.withRow, outcome.deadLetters.classified, outcome.deadLetters.withoutRow],
    ...[outcome.status.pending, Math.round(outcome.seconds)],
  ]);
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  const kinds = outcomes.map(({ name, faults, errors }) => {
    const counts = Array.from(faults).toSorted(([one], [other]) => (one < other ? -1 : 1));
    const failed = errors.map((error) => `; ingest failed: ${error}`).join('');
    return `${name}: ${counts.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'no faults'}${failed}`;
  });
  return [...table, '', ...kinds].join('\n');
}

function faultsOf({ faults }: ScenarioOutcome): number {
  return Array.from(faults.values()).reduce((sum, count) => sum + count, 0);
}
