/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** In upper case. */
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

/** The instructions of a Dockerfile, without comments. */
export function parseDockerfile(source: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, line] of source.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const text: string = open === undefined ? line.trim() : `${open.text} ${line.trim()}`;
    const start: number = open?.line ?? index + 1;
    if (text.endsWith('\\')) {
      open = { text: text.slice(0, -1).trim(), line: start };
      continue;
    }
    open = undefined;
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
    if (name === '') throw new Error(`line ${start} is not an instruction: ${text}`);
    instructions.push({ name: name.toUpperCase(), text: rest, line: start });
  }
  if (open !== undefined) throw new Error(`the instruction of line ${open.line} continues after the end of the file`);
  return instructions;
}

/** The instructions of a stage, from its FROM to the next. */
export function stageOf(instructions: readonly Instruction[], stage: string): Instruction[] {
  const start = instructions.findIndex(({ name, text }) => name === 'FROM' && text.endsWith(` AS ${stage}`));
  if (start < 0) throw new Error(`no stage is called ${stage}`);
  const end = instructions.findIndex(({ name }, index) => name === 'FROM' && index > start);
  return instructions.slice(start, end < 0 ? undefined : end);
}

/** A command in exec form; undefined for the shell form. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  const words: unknown = JSON.parse(text);
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new Error(`expected an array of strings but received ${text}`);
}

/** `KEY=value KEY="another value"` of ENV and LABEL. */
export function keyValues(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))(?:\s+|$)/gy)];
  if (pairs.reduce((sum, [all]) => sum + all.length, 0) !== text.length) {
    throw new Error(`expected KEY=value pairs but received ${text}`);
  }
  return Object.fromEntries(pairs.map(([, key, quoted, plain]) => [String(key), quoted ?? plain ?? '']));
}
