import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { checkOperators } from '../../../model/import/check-importable.ts';
import { FunctionProtoSchema } from '../../../model/onnx/onnx_pb.ts';

describe('operators that cannot be imported', () => {
  const graph = emptyGraph('test', { irVersion: 8, opset: 18 });
  const call = { ...makeNode('silu', ['x'], ['y'], { name: 'call' }), domain: 'pkg.exporter' };
  const silu = create(FunctionProtoSchema, { domain: 'pkg.exporter', name: 'silu' });

  it('have their node named, with what to do about a function of the file', () => {
    const withFunction = { ...graph, nodes: [call], rest: { ...graph.rest, functions: [silu] } };
    expect(() => checkOperators(withFunction)).toThrow(
      'pkg.exporter.silu node call calls a function of the file: export the model with its functions inlined',
    );
  });

  it('have their operator set named', () => {
    expect(() => checkOperators({ ...graph, nodes: [call] })).toThrow(
      'pkg.exporter.silu node call is not in the default ONNX operator set: export the model without pkg.exporter',
    );
  });
});
