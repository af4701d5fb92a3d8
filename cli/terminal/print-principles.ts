import CliTable3 from 'cli-table3';
import type { Check, Finding } from '../../model/inspect/principles/finding.ts';
import type { InspectedPrinciples } from '../../model/inspect/principles/inspect-principles.ts';
import { amount, square } from './amount.ts';
import { bareTable, printBareTable } from './bare-table.ts';
import { wrapWords } from './wrap-words.ts';

const titles: Readonly<Record<Check['principle'], string>> = {
  1: 'Avoid representational bottlenecks, especially early in the network',
  2: 'Turn pixels into channels before giving resolution away',
  3: 'Reduce channels before spatial aggregation',
  4: 'Balance the width and depth of the network',
};
/** Findings of one check; --json lists all. */
const maxFindings = 12;

/** Prints a network as read by the four principles: its stages, then each check with the layers beyond the limit. */
export function printPrinciples({ file, model, image, stages, checks }: InspectedPrinciples, columns: number): void {
  console.log(`${model ?? file} for one image [${image.join(', ')}]\n`);
  if (stages.length === 0) {
    console.log('not available: no map that everything passes between image and output, as in an ensemble');
    return;
  }
  const table = new CliTable3({
    head: ['stride', 'grid', 'channels', 'depth', 'mul-add', 'smallest cut'],
    colAligns: ['right', 'right', 'right', 'right', 'right', 'right'],
    ...bareTable.options,
  });
  for (const { stride, grid, channels, depth, multiplyAdds, smallestCut } of stages) {
    const cells = [square(stride), grid.join('×'), channels, depth, amount(multiplyAdds)];
    table.push([...cells.map(String), smallestCut.toLocaleString('en')]);
  }
  printBareTable(table);
  for (const [number, title] of Object.entries(titles)) {
    console.log(`\n${number}. ${title}`);
    for (const check of checks) if (String(check.principle) === number) printCheck(check, columns);
  }
}

function printCheck({ name, value, limit, finding, findings }: Check, columns: number): void {
  const bound = `${finding === 'above' ? 'at most' : 'at least'} ${rounded(limit)}`;
  const measured = value === null ? 'no such layer' : `${rounded(value)} (${bound})`;
  console.log(`   ${name}: ${measured}${findings.length === 0 ? '' : `, ${countOf(findings)}`}`);
  for (const { layers, value: found, detail } of findings.slice(0, maxFindings)) {
    // Names come from the file: control characters could move the cursor.
    const names = layers.join(', ').replaceAll(/\p{Cc}/gu, '?');
    for (const line of wrapWords(`${rounded(found).padStart(9)}  ${names}: ${detail}`, columns, 10)) console.log(line);
  }
  if (findings.length > maxFindings)
    console.log(`           and ${findings.length - maxFindings} more: --json lists all`);
}

function countOf(findings: readonly Finding[]): string {
  return findings.length === 1 ? '1 finding' : `${findings.length} findings`;
}

function rounded(value: number): string {
  return value.toFixed(2);
}
