import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Without the batch, channels last. */
export interface CaseOutput {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const file = join(import.meta.dirname, 'recorded-outputs.json');
/** `float32` is little-endian, in base64. */
const schema = z.record(z.string(), z.strictObject({ shape: z.array(z.int()), float32: z.base64() }));

/** The outputs of TensorFlow.js by the name of the case, as `record.ts` wrote them. */
export function readRecordedOutputs(): ReadonlyMap<string, CaseOutput> {
  const recorded = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(
    Object.entries(recorded).map(([name, { shape, float32 }]) => {
      const { buffer } = Uint8Array.from(Buffer.from(float32, 'base64'));
      return [name, { shape, values: new Float32Array(buffer) }];
    }),
  );
}

export function writeRecordedOutputs(outputs: ReadonlyMap<string, CaseOutput>): void {
  const lines = Array.from(outputs, ([name, { shape, values }]) => {
    const float32 = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
    return `  ${JSON.stringify(name)}: {\n    "shape": [${shape.join(', ')}],\n    "float32": "${float32}"\n  }`;
  });
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
}
