/**
 * The text that copies of a text file have in common: UTF-8 without a byte order mark, no spaces at the ends of lines, a line
 * feed after every line, no empty lines at the end.
 */
export function normalizedText(bytes: Uint8Array): string {
  // The decoder removes the byte order mark.
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  return `${lines
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()}\n`;
}
