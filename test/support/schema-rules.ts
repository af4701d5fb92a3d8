import { attributeType } from '../../model/graph/attribute.ts';
import { describeNode } from '../../model/graph/node.ts';
import { elementType, elementTypeName } from '../../model/onnx/element-type.ts';
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../../model/onnx/onnx_pb.ts';
import { elementCount, tensorShape } from '../../model/onnx/tensor.ts';
import { operatorSchemas } from './operator-schemas.ts';

/** The IR version of the first ONNX release with an operator set; sets up to 8 came with IR version 3. */
const irVersions: readonly (readonly [opset: number, irVersion: number])[] = [
  ...([
    [8, 3],
    [9, 4],
    [10, 5],
    [11, 6],
    [14, 7],
    [18, 8],
    [20, 9],
    [22, 10],
    [23, 11],
  ] as const),
];

const bytesPerElement: Readonly<Record<number, number>> = {
  ...{ [elementType.float]: 4, [elementType.double]: 8, [elementType.float16]: 2, [elementType.bool]: 1 },
  ...{ [elementType.int8]: 1, [elementType.uint8]: 1, [elementType.int16]: 2, [elementType.uint16]: 2 },
  ...{ [elementType.int32]: 4, [elementType.uint32]: 4, [elementType.int64]: 8, [elementType.uint64]: 8 },
};

/**
 * What in a model breaks the rules that the ONNX schema states and its checker enforces, one line each; empty when
 * nothing does. Covers the operators that this project writes; another one is a fault too.
 */
export function schemaFaults(model: ModelProto): string[] {
  const { graph } = model;
  if (graph === undefined) return ['the model has no graph'];
  return [
    ...versionFaults(model),
    ...(graph.name === '' ? ['the graph has no name'] : []),
    ...nameFaults(model),
    ...[...graph.input, ...graph.output].flatMap(signatureFaults),
    ...graph.valueInfo.flatMap(typeFaults),
    ...graph.initializer.flatMap((tensor) => tensorFaults(tensor, `initializer ${tensor.name}`)),
    ...graph.node.flatMap(nodeFaults),
  ];
}

function versionFaults({ irVersion, opsetImport, graph }: ModelProto): string[] {
  const faults: string[] = [];
  const sets = opsetImport.filter(({ domain }) => domain === '' || domain === 'ai.onnx');
  const [set] = sets;
  if (sets.length !== 1 || set === undefined) return ['expected one version of the default operator set'];
  const least = irVersions.find(([opset]) => Number(set.version) <= opset)?.[1];
  if (least === undefined) faults.push(`operator set ${set.version} is not known`);
  else if (irVersion < least) faults.push(`operator set ${set.version} needs IR version ${least}, got ${irVersion}`);
  if (new Set(opsetImport.map(({ domain }) => domain)).size !== opsetImport.length) faults.push('a domain comes twice');
  const inputs = new Set(graph?.input.map(({ name }) => name));
  const hidden = graph?.initializer.find(({ name }) => irVersion < 4n && !inputs.has(name));
  if (hidden !== undefined) faults.push(`before IR version 4 the initializer ${hidden.name} must be an input`);
  const imported = new Set(opsetImport.map(({ domain }) => domain));
  const foreign = graph?.node.filter(({ domain }) => domain !== '' && !imported.has(domain)) ?? [];
  return [...faults, ...foreign.map((node) => `${describeNode(node)}: its operator set is not imported`)];
}

/** Every value is defined once, before it is read; node names are unique. */
function nameFaults({ graph }: ModelProto): string[] {
  if (graph === undefined) return [];
  const faults: string[] = [];
  const repeated = (names: readonly string[], what: string) => {
    const found = names.filter((name, index) => name !== '' && names.indexOf(name) !== index);
    for (const name of found) faults.push(`${what} ${name} comes twice`);
  };
  repeated(names(graph.input), 'input');
  repeated(names(graph.output), 'output');
  repeated(names(graph.initializer), 'initializer');
  repeated(names(graph.node), 'node');
  repeated(names(graph.valueInfo), 'value info');
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) {
    if (name === '') faults.push('an input, output or initializer has no name');
  }
  const defined = new Set([...names(graph.input), ...names(graph.initializer)]);
  for (const node of graph.node) {
    for (const name of node.input) {
      if (name !== '' && !defined.has(name)) faults.push(`${describeNode(node)} reads ${name} before it is defined`);
    }
    for (const name of node.output) {
      if (name !== '' && defined.has(name)) faults.push(`${describeNode(node)} defines ${name} again`);
      defined.add(name);
    }
  }
  for (const { name } of graph.output) if (!defined.has(name)) faults.push(`nothing defines the output ${name}`);
  return faults;
}

function names(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

/** Inputs and outputs must state their shape too, each axis as a size or a name. */
function signatureFaults(value: ValueInfoProto): string[] {
  const type = value.type?.value;
  const faults = typeFaults(value);
  if (type?.case !== 'tensorType') return faults;
  if (type.value.shape === undefined) return [...faults, `${value.name} states no shape`];
  const bad = type.value.shape.dim.some(({ value: size }) => size.case === 'dimValue' && size.value < 1n);
  return bad ? [...faults, `${value.name} has an axis below 1`] : faults;
}

function typeFaults({ name, type }: ValueInfoProto): string[] {
  if (type?.value.case !== 'tensorType') return [`${name} states no tensor type`];
  return type.value.value.elemType === 0 ? [`${name} states no element type`] : [];
}

function tensorFaults(tensor: TensorProto, what: string): string[] {
  const width = bytesPerElement[tensor.dataType];
  if (width === undefined) return [`${what} is of ${elementTypeName(tensor.dataType)}`];
  const { floatData, int32Data, int64Data, doubleData, uint64Data, rawData } = tensor;
  const fields = [floatData, int32Data, int64Data, doubleData, uint64Data, rawData].filter(({ length }) => length > 0);
  const expected = elementCount(tensorShape(tensor));
  if (tensor.dims.some((size) => size < 0n)) return [`${what} has an axis below 0`];
  if (fields.length !== (expected === 0 ? 0 : 1)) return [`${what} has ${fields.length} fields of data`];
  const count = rawData.length > 0 ? rawData.length / width : (fields[0]?.length ?? 0);
  return count === expected ? [] : [`${what} has ${count} elements: its shape holds ${expected}`];
}

function nodeFaults(node: NodeProto): string[] {
  const who = describeNode(node);
  const schema = node.domain === '' ? operatorSchemas[node.opType] : undefined;
  if (schema === undefined) return [`${who}: no schema for this operator`];
  const faults: string[] = [];
  const { inputs, outputs, attributes, required = [] } = schema;
  const between = (count: number, [least, most]: readonly [number, number]) => count >= least && count <= most;
  if (!between(node.input.length, inputs))
    faults.push(`${who} has ${node.input.length} inputs: ${inputs.join(' to ')}`);
  if (!between(node.output.length, outputs)) faults.push(`${who} has ${node.output.length} outputs`);
  if (node.input.slice(0, inputs[0]).includes('')) faults.push(`${who} leaves out an input that it needs`);
  for (const { name, type, t } of node.attribute) {
    const expected = attributes[name];
    if (expected === undefined) faults.push(`${who} has an unknown attribute ${name}`);
    else if (type !== attributeType[expected]) faults.push(`${who}: attribute ${name} is not of type ${expected}`);
    if (t !== undefined) faults.push(...tensorFaults(t, `${who}: attribute ${name}`));
  }
  const given = new Set(names(node.attribute));
  if (given.size !== node.attribute.length) faults.push(`${who} has an attribute twice`);
  const missing = required.filter((name) => !given.has(name));
  return [...faults, ...missing.map((name) => `${who} lacks the attribute ${name}`)];
}
