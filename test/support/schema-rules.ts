import { attributeType } from '../../model/graph/attribute.ts';
import { describeNode } from '../../model/graph/node.ts';
import { elementType, elementTypeName } from '../../model/onnx/element-type.ts';
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../../model/onnx/onnx_pb.ts';
import { elementCount, tensorShape } from '../../model/onnx/tensor.ts';
import { operatorSchemas } from './operator-schemas.ts';

/** For operator sets up to `opset`, the IR version of the first ONNX release that has them. */
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
 * Violations of the rules of the ONNX schema and checker, one line each. Covers the operators that this project writes;
 * any other operator is a violation too.
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
  const min = irVersions.find(([opset]) => Number(set.version) <= opset)?.[1];
  if (min === undefined) faults.push(`unknown operator set ${set.version}`);
  else if (irVersion < min) faults.push(`operator set ${set.version} needs IR version ${min}, got ${irVersion}`);
  if (new Set(opsetImport.map(({ domain }) => domain)).size !== opsetImport.length) faults.push('duplicate domain');
  const inputs = new Set(graph?.input.map(({ name }) => name));
  const hidden = graph?.initializer.find(({ name }) => irVersion < 4n && !inputs.has(name));
  if (hidden !== undefined) faults.push(`before IR version 4 the initializer ${hidden.name} must be an input`);
  const imported = new Set(opsetImport.map(({ domain }) => domain));
  const foreign = graph?.node.filter(({ domain }) => domain !== '' && !imported.has(domain)) ?? [];
  return [...faults, ...foreign.map((node) => `${describeNode(node)}: its operator set is not imported`)];
}

/** Checks that every value is defined once, before it is read, and that node names are unique. */
function nameFaults({ graph }: ModelProto): string[] {
  if (graph === undefined) return [];
  const faults: string[] = [];
  const repeated = (names: readonly string[], kind: string) => {
    const duplicates = names.filter((name, index) => name !== '' && names.indexOf(name) !== index);
    for (const name of duplicates) faults.push(`duplicate ${kind} ${name}`);
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
  for (const { name } of graph.output) if (!defined.has(name)) faults.push(`the output ${name} is not defined`);
  return faults;
}

function names(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

/** Checks that an input or output states its type and shape. */
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
  const nodeName = describeNode(node);
  const schema = node.domain === '' ? operatorSchemas[node.opType] : undefined;
  if (schema === undefined) return [`${nodeName}: no schema for this operator`];
  const faults: string[] = [];
  const { inputs, outputs, attributes, required = [] } = schema;
  const between = (count: number, [min, max]: readonly [number, number]) => count >= min && count <= max;
  if (!between(node.input.length, inputs))
    faults.push(`${nodeName} has ${node.input.length} inputs: ${inputs.join(' to ')}`);
  if (!between(node.output.length, outputs)) faults.push(`${nodeName} has ${node.output.length} outputs`);
  if (node.input.slice(0, inputs[0]).includes('')) faults.push(`${nodeName} omits a required input`);
  for (const { name, type, t } of node.attribute) {
    const expected = attributes[name];
    if (expected === undefined) faults.push(`${nodeName} has an unknown attribute ${name}`);
    else if (type !== attributeType[expected]) faults.push(`${nodeName}: attribute ${name} is not of type ${expected}`);
    if (t !== undefined) faults.push(...tensorFaults(t, `${nodeName}: attribute ${name}`));
  }
  const present = new Set(names(node.attribute));
  if (present.size !== node.attribute.length) faults.push(`${nodeName} has a duplicate attribute`);
  const missing = required.filter((name) => !present.has(name));
  return [...faults, ...missing.map((name) => `${nodeName} lacks the attribute ${name}`)];
}
