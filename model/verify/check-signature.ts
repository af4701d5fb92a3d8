import type { InferenceSession } from 'onnxruntime-node';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Check } from './check.ts';

/** Whether input and outputs have the names, types and shapes that the manifest states, the batch being free. */
export function checkSignature(session: InferenceSession, manifest: ModelManifest): Check[] {
  const { input, outputs, labels } = manifest;
  return [
    checkValue('input', session.inputMetadata, input.name, input.dtype, input.shape),
    checkValue('probabilities output', session.outputMetadata, outputs.probabilities, 'float32', [labels.length]),
    checkValue('embedding output', session.outputMetadata, outputs.embedding, 'float32', [outputs.embeddingSize]),
  ];
}

function checkValue(
  what: string,
  values: readonly InferenceSession.ValueMetadata[],
  name: string,
  type: string,
  shape: readonly number[],
): Check {
  const expected = `${type} [batch, ${shape.join(', ')}]`;
  const value = values.find((candidate) => candidate.name === name);
  if (value === undefined) {
    const names = values.map((candidate) => candidate.name).join(', ');
    return { name: what, ok: false, detail: `expected ${name}, ${expected}; the network has ${names}` };
  }
  if (!value.isTensor) return { name: what, ok: false, detail: `expected ${name} to be ${expected}, got no tensor` };
  const [batch, ...rest] = value.shape;
  const ok =
    value.type === type &&
    typeof batch === 'string' &&
    rest.length === shape.length &&
    rest.every((size, axis) => size === shape[axis]);
  const found = `${value.type} [${value.shape.join(', ')}]`;
  return { name: what, ok, detail: ok ? `${name}, ${found}` : `expected ${name} to be ${expected}, got ${found}` };
}
