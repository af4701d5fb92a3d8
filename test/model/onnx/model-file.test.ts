import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { create, createRegistry, equals, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../model/graph/graph.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { ModelProtoSchema } from '../../../model/onnx/onnx_pb.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { tinyNetwork } from '../../support/tiny-model.ts';

const tiny = () => encodeModel(modelOf(tinyNetwork(4, 32)));

describe('reading an ONNX file', () => {
  it('encodes a decoded model to the same bytes', () => {
    const bytes = tiny();
    expect(encodeModel(decodeModel(bytes))).toEqual(bytes);
  });

  it('keeps unknown fields', () => {
    // Field 900 of the model, a length-delimited string.
    const unknown = Uint8Array.of(0xa2, 0x38, 2, 0x68, 0x69);
    const bytes = Uint8Array.of(...tiny(), ...unknown);
    expect(encodeModel(decodeModel(bytes)).slice(-5)).toEqual(unknown);
  });

  const withoutGraph = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 13n }] }),
  );
  const external = modelOf(tinyNetwork(4, 32));
  for (const tensor of external.graph?.initializer ?? []) {
    if (tensor.name === 'conv2_w') tensor.dataLocation = 1;
  }

  it.each([
    ['an empty file', new Uint8Array(), 'bad.onnx is empty: give the .onnx file of a model'],
    ['a text file', new TextEncoder().encode('a text, and not a short one\n'), /^bad\.onnx is not an ONNX model/],
    [
      'a zip file of PyTorch',
      Buffer.from('PK\x03\x04 archive/data.pkl'),
      /is not an ONNX model but a zip .* torch\.onnx\.export$/,
    ],
    [
      'a TensorFlow Lite file',
      Buffer.from('\x1c\0\0\0TFL3\0\0'),
      /but a TensorFlow Lite model: convert it with tf2onnx$/,
    ],
    ['a Keras file', Buffer.from('\x89HDF\r\n', 'latin1'), /but an HDF5 file, .*: convert it with tf2onnx$/],
    ['safetensors', Buffer.from('\x40\0\0\0\0\0\0\0{"a":1}'), /but a safetensors file, which has only weights/],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /run "git lfs pull"/],
    [
      'a login page',
      Buffer.from('<!doctype html><title>Log in</title>'),
      /but a web page or XML: download the file itself$/,
    ],
    ['a JPEG header', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46), /^bad\.onnx is not an ONNX model/],
    ['half a model', tiny().slice(0, 900), /^bad\.onnx is truncated or damaged/],
    ['a model without a graph', withoutGraph, /^bad\.onnx has no graph/],
    ['a model with weights in another file', encodeModel(external), /keeps the tensor conv2_w in another file/],
  ])('rejects %s', (_, bytes, message) => {
    const read = () => decodeModel(bytes, 'bad.onnx');
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });

  it('reports a missing file', async () => {
    await expect(readNetwork('no-such.onnx')).rejects.toThrow('give an .onnx file: no-such.onnx does not exist');
  });

  it('reports a folder', async () => {
    await expect(readNetwork('.')).rejects.toThrow('give an .onnx file: . is a folder');
  });
});

describeWithFixtures('published networks', (fixtures) => {
  it.each(['googlenet-zoo.onnx', 'light/light_inception_v1.onnx', 'light/light_inception_v2.onnx'])(
    'are unchanged after decoding and encoding: %s',
    async (file) => {
      const { model } = await readNetwork(join(fixtures, 'models', file));
      const bytes = encodeModel(model);
      expect(
        equals(ModelProtoSchema, decodeModel(bytes), model, {
          unknown: true,
          registry: createRegistry(ModelProtoSchema),
        }),
      ).toBe(true);
      // Empty strings are omitted when encoding, which is equivalent. Nothing else may be lost.
      const { size } = await stat(join(fixtures, 'models', file));
      expect((size - bytes.length) / (model.graph?.node.length ?? 0)).toBeLessThan(2);
    },
  );
});
