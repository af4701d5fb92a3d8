import { floatAttribute, intAttribute } from '../../graph/attribute.ts';
import type { AttributeProto } from '../../onnx/onnx_pb.ts';
import { type Feature, onnxAxis } from './feature.ts';
import type { NetworkWriter } from './network-writer.ts';
import { type Step, unsupported } from './unsupported.ts';

type Write = (writer: NetworkWriter, input: Feature, name: string) => Feature;

function operator(opType: string, attributes: readonly AttributeProto[] = []): Write {
  return (writer, { name: input, shape }, name) => writer.node({ opType, name, inputs: [input], shape, attributes });
}

/** Constants of Klambauer et al. (2017). */
const selu = [floatAttribute('alpha', 1.6732632423543772), floatAttribute('gamma', 1.0507009873554805)];

const activations: Readonly<Record<string, Write>> = {
  linear: (_writer, input) => input,
  relu: operator('Relu'),
  relu6: (writer, input, name) => clip(writer, input, name, { min: 0, max: 6 }),
  sigmoid: operator('Sigmoid'),
  tanh: operator('Tanh'),
  elu: operator('Elu', [floatAttribute('alpha', 1)]),
  selu: operator('Selu', selu),
  softplus: operator('Softplus'),
  softsign: operator('Softsign'),
  hardsigmoid: operator('HardSigmoid', [floatAttribute('alpha', 0.2), floatAttribute('beta', 0.5)]),
  softmax: (writer, input, name) => overChannels(writer, input, name, 'Softmax'),
  logsoftmax: (writer, input, name) => overChannels(writer, input, name, 'LogSoftmax'),
  swish: (writer, input, name) => gated(writer, input, name, operator('Sigmoid')(writer, input, `${name}/sigmoid`)),
  mish: (writer, input, name) => {
    const soft = operator('Softplus')(writer, input, `${name}/softplus`);
    return gated(writer, input, name, operator('Tanh')(writer, soft, `${name}/tanh`));
  },
};
const synonyms: Readonly<Record<string, string>> = { silu: 'swish' };

/**
 * Applies an activation by TensorFlow's name, in any case, with or without underscores.
 * @throws {UserError} with the name and the step, if it is not supported
 */
export function activate(writer: NetworkWriter, input: Feature, step: Step, activation: string): Feature {
  const plain = activation.toLowerCase().replaceAll('_', '');
  const known = synonyms[plain] ?? plain;
  const write = Object.hasOwn(activations, known) ? activations[known] : undefined;
  if (write === undefined) throw unsupported(step, `has the activation ${activation}, which is not supported`);
  const isSame = input.name === step.name;
  return write(writer, input, isSame ? `${step.name}/${plain}` : step.name);
}

/** Limits each element to [min, max]; an undefined limit is none. */
export function clip(
  writer: NetworkWriter,
  input: Feature,
  name: string,
  { min, max }: { min: number; max?: number | undefined },
): Feature {
  const limits = [writer.scalar(`${name}/min`, min), ...(max === undefined ? [] : [writer.scalar(`${name}/max`, max)])];
  return writer.node({ opType: 'Clip', name, inputs: [input.name, ...limits], shape: input.shape });
}

/** Multiplies the part below zero. */
export function leakyRelu(writer: NetworkWriter, input: Feature, name: string, alpha: number): Feature {
  return operator('LeakyRelu', [floatAttribute('alpha', alpha)])(writer, input, name);
}

function overChannels(writer: NetworkWriter, input: Feature, name: string, opType: string): Feature {
  return operator(opType, [intAttribute('axis', onnxAxis(input.shape.length, input))])(writer, input, name);
}

function gated(writer: NetworkWriter, input: Feature, name: string, gate: Feature): Feature {
  return writer.node({ opType: 'Mul', name, inputs: [input.name, gate.name], shape: input.shape });
}
