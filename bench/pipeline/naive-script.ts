import { join } from 'node:path';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const size = 224;
const batchSize = 32;
/** In the channel order of the published network: blue, green, red. */
const mean = [104, 117, 123] as const;

/**
 * A script that a competent user would write in an hour: sharp on one image at a time, a float tensor filled in a loop,
 * batches of 32 on the published network.
 * @param network the published network with a dynamic batch size
 * @returns the label index of each file
 */
export async function naiveScript(folder: string, files: readonly string[], network: ort.InferenceSession) {
  const [input = ''] = network.inputNames;
  const [output = ''] = network.outputNames;
  const labels: number[] = [];
  for (let start = 0; start < files.length; start += batchSize) {
    const batch = files.slice(start, start + batchSize);
    const tensor = new Float32Array(batch.length * 3 * size * size);
    for (const [row, file] of batch.entries()) {
      const pixels = await sharp(join(folder, file))
        .resize(256, 256, { fit: 'fill' })
        .extract({ left: 16, top: 16, width: size, height: size })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer();
      const plane = size * size;
      for (let pixel = 0; pixel < plane; pixel += 1) {
        for (const [channel, average] of mean.entries()) {
          const value = pixels[pixel * 3 + (2 - channel)] ?? 0;
          tensor[(row * 3 + channel) * plane + pixel] = value - average;
        }
      }
    }
    const results = await network.run({ [input]: new ort.Tensor('float32', tensor, [batch.length, 3, size, size]) });
    const scores = results[output]?.data;
    if (!(scores instanceof Float32Array)) throw new Error('the network has no float32 output');
    const classes = scores.length / batch.length;
    for (let row = 0; row < batch.length; row += 1) {
      const ofImage = scores.subarray(row * classes, (row + 1) * classes);
      labels.push(ofImage.indexOf(Math.max(...ofImage)));
    }
  }
  return labels;
}
