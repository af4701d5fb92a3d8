/**
 * Breaks a text at spaces into lines of at most `columns` characters where its words fit.
 * @param indent spaces before each later line
 */
export function wrapWords(text: string, columns: number, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  // The spaces before the first word stay.
  for (const word of text.split(/(?<=\S) +/)) {
    if (line !== '' && [...line].length + 1 + [...word].length > columns) {
      lines.push(line);
      line = `${' '.repeat(indent)}${word}`;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
