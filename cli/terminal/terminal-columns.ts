/** Characters per line of a text that is wrapped: those of the terminal, or 80 in a pipe or a log. */
export function textColumns(): number {
  return terminalColumns() ?? 80;
}

/** Characters per line of the terminal that stdout goes to; undefined if it is not a terminal. */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
