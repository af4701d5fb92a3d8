import type { PageBlock } from '../support/page-commands.ts';

/** A command of a page, and what the page shows that it prints; undefined for a block of commands only. */
export interface PageCommand extends PageBlock {
  readonly shown: string | undefined;
}

/** The commands of `sh` blocks, and those of `console` blocks with what is printed below each. */
export function pageCommands(blocks: readonly PageBlock[]): PageCommand[] {
  return blocks.flatMap((block): PageCommand[] => {
    if (block.language === 'sh') return [{ ...block, shown: undefined }];
    if (block.language !== 'console') return [];
    return block.code
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [code = '', shown = ''] = splitAfterCommand(text);
        return { ...block, code, shown };
      });
  });
}

/** A command ends with its first line that has no backslash at its end. */
function splitAfterCommand(text: string): [string, string] {
  const [command = ''] = /^(?:.*\\\n)*.*/.exec(text) ?? [];
  return [command, text.slice(command.length + 1)];
}

/** Lines of npm about scripts and packages, and lines of progress. */
const leftOut =
  /^> |^added \d+ packages|^up to date|looking for funding|npm fund|^[█░]|^\d+\/\d+ images, | of [\d.]+ MB$|…$/;

/** A text without what differs between two runs: `leftOut`, numbers with their units of time, and the widths of columns. */
export function shapeOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !leftOut.test(line.trim()))
    .map((line) =>
      line
        .replaceAll(/(?<![\w-])\d+(?:[.,]\d+)*(?:\s?(?:ms|s|m|h)\b)?/g, '#')
        .replaceAll(/(?:# )+#/g, '#')
        .replaceAll(/[─┬┼┴]+/g, '─')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .join('\n');
}
