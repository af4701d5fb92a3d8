/** A table with aligned columns; the first row is the head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/**
 * Replaces what is between `<!-- NAME, from … -->` and `<!-- end -->` in a page.
 * @throws if the page has no such block
 */
export function withBlock(page: string, name: string, made: string): string {
  const block = new RegExp(`(<!-- ${name}, from [^\\n]*\\n)[\\s\\S]*?(<!-- end -->)`);
  if (!block.test(page)) throw new Error(`the page has no block "${name}"`);
  return page.replace(block, (_, from: string, to: string) => `${from}\n${made}\n\n${to}`);
}
