/** How an error names an option, such as `cropSize`. */
export type NameOption = (option: string) => string;

/** An option as on the command line: `--crop-size`. */
export function commandOption(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
