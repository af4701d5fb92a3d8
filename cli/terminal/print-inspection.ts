import type { ModelSummary, ValueSummary } from '../../model/inspect/inspect-model.ts';
import { printLayers } from './print-layers.ts';

/**
 * Prints a model's properties, one per line, and a table of its layers.
 * @param columns width of the terminal in characters; undefined when the output is not a terminal
 */
export function printInspection(summary: ModelSummary, columns: number | undefined): void {
  const { file, bytes, irVersion, opset, producer, inputs, outputs, nodes, operators, parameters, manifest } = summary;
  const properties: [string, string][] = [
    ['file', `${file}, ${bytes.toLocaleString('en')} bytes`],
    ['format', `ONNX IR ${irVersion}, opset ${opset}${producer === '' ? '' : `, by ${producer}`}`],
    ['inputs', inputs.map(signature).join(', ')],
    ['outputs', outputs.map(signature).join(', ')],
    ['parameters', parameters.toLocaleString('en')],
    ['nodes', `${nodes}: ${operators.map(({ operator, count }) => `${count} ${operator}`).join(', ')}`],
  ];
  if (manifest) {
    const { resize, crop, mean, scale, decode = 'exact' } = manifest.preprocess;
    properties.unshift(['model', `${manifest.id}, from ${manifest.source.file}`]);
    properties.push(
      ['labels', manifest.labelNames ? String(manifest.labels) : `${manifest.labels}, without names`],
      ['embedding', String(manifest.embeddingSize)],
      ['resize', `${resize.rule} to ${resize.width}×${resize.height}, ${crop.rule} crop ${crop.width}×${crop.height}`],
      ['decode', decode],
      ['mean', `${mean.join(' ')} (RGB), scale ${scale.join(' ')}`],
      ['preprocess', manifest.preprocessDigest],
    );
  }
  if (summary.withoutLayers !== undefined) properties.push(['layers', `not available: ${summary.withoutLayers}`]);
  for (const [name, value] of properties) console.log(`${name.padEnd(10)}  ${value}`);
  if (summary.layers !== undefined) printLayers(summary.layers, columns);
}

function signature({ name, type, shape }: ValueSummary): string {
  return `${name} ${type}[${shape.join(', ')}]`;
}
