import type { InferenceSession } from 'onnxruntime-node';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Check } from './check.ts';

/** Checks that input and outputs have the names, types and shapes of the manifest, with a dynamic batch. */
export function checkSignature(session: InferenceSession, manifest: ModelManifest): Check[] {
  const { input, outputs, labels } = manifest;
  return [
    checkValue('input', session.inputMetadata, input.name, input.dtype, input.shape),
    checkValue('probabilities output', session.outputMetadata, outputs.probabilities, 'float32', [labels.length]),
    checkValue('embedding output', session.outputMetadata, outputs.embedding, 'float32', [outputs.embeddingSize]),
    ...(outputs.boxes === undefined
      ? []
      : [checkValue('boxes output', session.outputMetadata, outputs.boxes, 'float32', [4])]),
  ];
}

function checkValue(
  check: string,
  values: readonly InferenceSession.ValueMetadata[],
  name: string,
  type: string,
  shape: readonly number[],
): Check {
  const expected = `${type} [batch, ${shape.join(', ')}]`;
  const value = values.find((candidate) => candidate.name === name);
  if (value === undefined) {
    const names = values.map((candidate) => candidate.name).join(', ');
    return { name: check, ok: false, detail: `expected ${name}, ${expected}; the network has ${names}` };
  }
  if (!value.isTensor) return { name: check, ok: false, detail: `expected ${name} to be ${expected}, got no tensor` };
  const [batch, ...rest] = value.shape;
  const ok =
    value.type === type &&
    typeof batch === 'string' &&
    rest.length === shape.length &&
    rest.every((size, axis) => size === shape[axis]);
  const received = `${value.type} [${value.shape.join(', ')}]`;
  const detail = ok ? `${name}, ${received}` : `expected ${name} to be ${expected}, got ${received}`;
  return { name: check, ok, detail };
}
