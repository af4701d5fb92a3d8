/** Lines of a list with commas, at most `columns` wide if each item fits; later lines are indented. */
export function wrapList(title: string, items: readonly string[], columns = 80): string[] {
  const lines = [title];
  for (const [index, item] of items.entries()) {
    const text = index < items.length - 1 ? `${item}, ` : item;
    const line = lines.at(-1) ?? '';
    if (index > 0 && line.length + text.trimEnd().length > columns) lines.push(`  ${text}`);
    else lines[lines.length - 1] = line + text;
  }
  return lines.map((line) => line.trimEnd());
}
