/** A kind of file that people give instead of an ONNX model, with what to do. */
interface KnownKind {
  readonly is: (bytes: Uint8Array) => boolean;
  readonly advice: string;
}

/** True for a file with these bytes at an offset. */
function startsWith(text: string, offset = 0): KnownKind['is'] {
  const expected = Buffer.from(text, 'latin1');
  return (bytes) => expected.equals(bytes.subarray(offset, offset + expected.length));
}

const kinds: readonly KnownKind[] = [
  {
    is: startsWith('version https://git-lfs'),
    advice: 'a Git LFS pointer: run "git lfs pull", or download the file itself',
  },
  { is: startsWith('<'), advice: 'a web page or XML: download the file itself' },
  {
    is: startsWith('PK\x03\x04'),
    advice: 'a zip archive, such as PyTorch saves: export the network with torch.onnx.export',
  },
  {
    is: startsWith('\x80\x02'),
    advice: 'a Python pickle, such as PyTorch saves: export the network with torch.onnx.export',
  },
  { is: startsWith('TFL3', 4), advice: 'a TensorFlow Lite model: convert it with tf2onnx' },
  { is: startsWith('\x89HDF'), advice: 'an HDF5 file, such as Keras saves: convert it with tf2onnx' },
  { is: startsWith('{"', 8), advice: 'a safetensors file, which has only weights: export the network to ONNX' },
  { is: startsWith('\x1f\x8b'), advice: 'a gzip archive: unpack it' },
  { is: startsWith('\xff\xd8\xff'), advice: 'a JPEG image: give the .onnx file of a model' },
  { is: startsWith('\x89PNG'), advice: 'a PNG image: give the .onnx file of a model' },
];

/** What a file is that is not an ONNX model, and what to do; undefined if it is not recognized. */
export function recognizeFile(bytes: Uint8Array): string | undefined {
  // All writers of ONNX begin with the IR version, field 1.
  return bytes[0] === 0x08 ? undefined : kinds.find(({ is }) => is(bytes))?.advice;
}
