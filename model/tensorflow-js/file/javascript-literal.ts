import { UserError } from '../../../shared/failures/user-error.ts';

/** `module.exports =` of CommonJS and UMD, `export default` of an ES module, before an object or a text. */
const exported = /(?:\.exports\s*=|\bexport\s+default)\s*(?=[{["'])/g;

/**
 * The value that a JavaScript module exports, if it is written as a literal: objects, arrays, texts, numbers, `true`,
 * `false` and `null`, also as a minifier writes them (`!0`, `.5`, `void 0`). The module is read, never run.
 * @param file for error messages
 * @throws {UserError} if the module exports no literal, or another expression is in it
 */
export function exportedLiteral(source: string, file: string): unknown {
  exported.lastIndex = 0;
  const found = exported.exec(source);
  if (found === null) throw new UserError(`${file} exports no data: give a TensorFlow.js model, or its model.json`);
  return new LiteralReader(source, found.index + found[0].length, file).value();
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v', 0: '\0' };

/** Models inside models need about ten for each. */
const maxDepth = 500;

class LiteralReader {
  readonly #source: string;
  readonly #file: string;
  #at: number;

  constructor(source: string, start: number, file: string) {
    this.#source = source;
    this.#at = start;
    this.#file = file;
  }

  /** @param depth of the objects and arrays around the value */
  value(depth = 0): unknown {
    this.#skipSpace();
    const next = this.#source[this.#at];
    if (depth > maxDepth) throw this.#unexpected();
    if (next === '{') return this.#object(depth + 1);
    if (next === '[') return this.#array(depth + 1);
    if (next === '"' || next === "'") return this.#text();
    return this.#plain();
  }

  #object(depth: number): Record<string, unknown> {
    // Without a prototype, so that no key of a file has a meaning here.
    const result: Record<string, unknown> = Object.create(null);
    this.#at += 1;
    while (!this.#accept('}')) {
      const key = this.#key();
      if (!this.#accept(':')) throw this.#unexpected();
      result[key] = this.value(depth);
      if (!this.#accept(',') && !this.#peek('}')) throw this.#unexpected();
    }
    return result;
  }

  #array(depth: number): unknown[] {
    const result: unknown[] = [];
    this.#at += 1;
    while (!this.#accept(']')) {
      result.push(this.value(depth));
      if (!this.#accept(',') && !this.#peek(']')) throw this.#unexpected();
    }
    return result;
  }

  #key(): string {
    this.#skipSpace();
    const next = this.#source[this.#at];
    return next === '"' || next === "'" ? this.#text() : this.#match(/[\w$]+/y);
  }

  #text(): string {
    const quote = this.#source[this.#at] ?? '"';
    const start = this.#at + 1;
    const end = this.#source.indexOf(quote, start);
    const backslash = this.#source.indexOf('\\', start);
    if (end < 0) throw this.#unexpected();
    // Weights are megabytes without an escape.
    if (backslash < 0 || backslash > end) {
      this.#at = end + 1;
      return this.#source.slice(start, end);
    }
    const body = this.#match(quote === '"' ? /"(?:[^"\\\n]|\\[\s\S])*"/y : /'(?:[^'\\\n]|\\[\s\S])*'/y).slice(1, -1);
    return body.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))/g, (_, unicode, byte, other) => {
      const code = unicode ?? byte;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      return /[\r\n]/.test(other) ? '' : (escapes[other] ?? other);
    });
  }

  #plain(): unknown {
    const word = this.#match(
      /!\s*[01]|void\s+0|[+-]?(?:Infinity|NaN|\d*\.?\d+(?:[eE][+-]?\d+)?\.?)|true|false|null|undefined/y,
    );
    if (word === 'true' || /^!\s*0$/.test(word)) return true;
    if (word === 'false' || /^!\s*1$/.test(word)) return false;
    if (word === 'null') return null;
    if (word === 'undefined' || word.startsWith('void')) return undefined;
    return Number(word);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#source) ?? [];
    if (found === undefined) throw this.#unexpected();
    this.#at += found.length;
    return found;
  }

  #accept(character: string): boolean {
    if (!this.#peek(character)) return false;
    this.#at += 1;
    return true;
  }

  #peek(character: string): boolean {
    this.#skipSpace();
    return this.#source[this.#at] === character;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#source[this.#at] ?? '')) this.#at += 1;
  }

  #unexpected(): UserError {
    const near = this.#source.slice(this.#at, this.#at + 20);
    return new UserError(`${this.#file} is not plain data at character ${this.#at} (${JSON.stringify(near)})`);
  }
}
