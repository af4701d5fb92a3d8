import { join } from 'node:path';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const size = 224;
const batchSize = 32;
/** Blue, green, red: the order in which the published network wants its planes. */
const mean = [104, 117, 123] as const;

/**
 * The script that a competent user would write in an hour: one image after another through sharp, a float tensor
 * filled in a loop, batches of 32 on the network as published.
 * @param network the published network, its batch made free
 * @returns labels by index, so that its work can be checked
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
    if (!(scores instanceof Float32Array)) throw new Error('expected probabilities as float32');
    const classes = scores.length / batch.length;
    for (let row = 0; row < batch.length; row += 1) {
      const own = scores.subarray(row * classes, (row + 1) * classes);
      labels.push(own.indexOf(Math.max(...own)));
    }
  }
  return labels;
}
