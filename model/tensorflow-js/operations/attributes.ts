import { z } from 'zod';
import { type Step, unsupported } from '../network/unsupported.ts';

/** Texts are base64 in JSON, or, in early converters, lists of character codes. */
const text = z.union([
  z.string().transform((encoded) => Buffer.from(encoded, 'base64').toString('latin1')),
  z.array(z.int().nonnegative()).transform((codes) => String.fromCharCode(...codes)),
]);
/** 64-bit numbers are texts in JSON. */
const integer = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d+$/)
    .transform(Number),
]);
const dimension = z.union([z.looseObject({ size: integer.default(0) }).transform(({ size }) => size), integer]);

/** Reads the attributes of an operation. Every method throws a `UserError` if the attribute has another type. */
export class Attributes {
  readonly #attributes: Readonly<Record<string, unknown>>;
  readonly #step: Step;

  constructor(attributes: Readonly<Record<string, unknown>>, step: Step) {
    this.#attributes = attributes;
    this.#step = step;
  }

  text(name: string, fallback: string): string {
    return this.#read(name, z.looseObject({ s: text }))?.s ?? fallback;
  }

  texts(name: string): readonly string[] {
    return this.#read(name, z.looseObject({ list: z.looseObject({ s: z.array(text).default([]) }) }))?.list.s ?? [];
  }

  number(name: string, fallback: number): number {
    return this.#read(name, z.looseObject({ f: z.number() }))?.f ?? fallback;
  }

  integer(name: string, fallback: number): number {
    return this.#read(name, z.looseObject({ i: integer }))?.i ?? fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    return this.#read(name, z.looseObject({ b: z.boolean() }))?.b ?? fallback;
  }

  integers(name: string): readonly number[] | undefined {
    return this.#read(name, z.looseObject({ list: z.looseObject({ i: z.array(integer).default([]) }) }))?.list.i;
  }

  /** −1 for an open size; undefined if the shape is not stated. */
  shape(name: string): readonly number[] | undefined {
    const schema = z.looseObject({ shape: z.looseObject({ dim: z.array(dimension).optional() }) });
    return this.#read(name, schema)?.shape.dim;
  }

  /** For example `DT_FLOAT`. */
  type(name: string): string | undefined {
    return this.#read(name, z.looseObject({ type: z.union([z.string(), z.number()]) }))?.type.toString();
  }

  #read<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | undefined {
    const attribute = Object.hasOwn(this.#attributes, name) ? this.#attributes[name] : undefined;
    if (attribute === undefined) return undefined;
    const parsed = schema.safeParse(attribute);
    if (parsed.success) return parsed.data;
    throw unsupported(this.#step, `has an attribute ${name} of another type than expected`);
  }
}
