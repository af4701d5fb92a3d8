import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { invalidField } from '../file/invalid-field.ts';

const attributeSchema = z.looseObject({});
const nodeSchema = z.looseObject({
  name: z.string().min(1),
  op: z.string().min(1),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attributeSchema).default({}),
});
const graphSchema = z.looseObject({ node: z.array(nodeSchema).min(1) });
const signatureSchema = z.looseObject({
  outputs: z.record(z.string(), z.looseObject({ name: z.string().optional() })),
});

/** A node of a TensorFlow graph. */
export interface Operation {
  readonly name: string;
  readonly kind: string;
  /** Names of the values that it reads, without control dependencies. */
  readonly inputs: readonly ValueName[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An output of a node. */
export interface ValueName {
  readonly node: string;
  readonly output: number;
}

export interface GraphDef {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly outputs: readonly ValueName[];
}

/**
 * Reads a graph of operations. Its outputs are those of the signature; without one, the nodes that no other node reads.
 * @throws {UserError} with the first field that is wrong
 */
export function parseGraphDef(topology: unknown, signatures: readonly unknown[]): GraphDef {
  const parsed = graphSchema.safeParse(topology);
  if (!parsed.success)
    throw new UserError(`the graph is invalid: ${invalidField(parsed.error, topology)}`, { cause: parsed.error });
  const operations = new Map<string, Operation>();
  for (const { name, op: kind, input, attr: attributes } of parsed.data.node) {
    if (operations.has(name)) throw new UserError(`two operations of the graph are named ${name}`);
    const inputs = input.filter((each) => !each.startsWith('^')).map(parseValueName);
    operations.set(name, { name, kind, inputs, attributes });
  }
  const stated = signatures.map((each) => signatureSchema.safeParse(each)).find(({ success }) => success)?.data;
  const named = Object.entries(stated?.outputs ?? {}).map(([key, { name }]) => parseValueName(name ?? key));
  const outputs = named.length > 0 && named.every(({ node }) => operations.has(node)) ? named : lastOf(operations);
  if (outputs.length === 0)
    throw new UserError('the graph has no output: no operation is left that no other one reads');
  return { operations, outputs };
}

/** `name`, or `name:1` for the second output. */
function parseValueName(text: string): ValueName {
  const [, node = text, output = '0'] = /^\^?(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { node, output: Number(output) };
}

function lastOf(operations: ReadonlyMap<string, Operation>): ValueName[] {
  const read = new Set([...operations.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  const unread = [...operations.values()].filter(
    ({ name, kind }) => !read.has(name) && kind !== 'Const' && kind !== 'NoOp',
  );
  return unread.map(({ name }) => ({ node: name, output: 0 }));
}
