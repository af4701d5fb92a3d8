/** Characters per line of the terminal that stdout goes to; undefined if it is not a terminal. */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
