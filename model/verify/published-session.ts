import { type InferenceSession, Tensor } from 'onnxruntime-node';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { graphOf, modelOf } from '../graph/graph.ts';
import type { ImageInput } from '../graph/image-input.ts';
import type { PublishedNetwork } from '../import/published-network.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { addFloatBoundary } from './add-float-boundary.ts';
import { toGray, toLayout, toPlanes } from './network-pixels.ts';
import { type OutputRows, openNetwork, rowsOf, runNetwork } from './network-session.ts';

/** A published network, run as its file has it. */
export interface PublishedSession {
  /** The outputs of these names for one crop, uint8 [height, width, 3], RGB. */
  run(crop: Uint8Array, names: readonly string[]): Promise<readonly OutputRows[]>;
  close(): Promise<void>;
}

type Normalization = Pick<Preprocess, 'mean' | 'scale'>;

export interface PublishedPreprocessing {
  readonly preprocess: Pick<Preprocess, 'crop' | 'mean' | 'scale'>;
  /** The color order that the network was trained on. */
  readonly networkOrder: 'RGB' | 'BGR';
}

/**
 * Opens a published network to compute its own outputs, without any pass of the import. Only a float16 network gets casts
 * at its inputs and outputs, since the runtime's binding cannot pass float16 arrays.
 * @throws {UserError} if the runtime cannot load it
 */
export async function openPublishedSession(
  { file, image }: PublishedNetwork,
  preprocessing: PublishedPreprocessing,
): Promise<PublishedSession> {
  const { graph, modified } = addFloatBoundary(graphOf(file.model));
  const session = await openNetwork(modified ? encodeModel(modelOf(graph)) : file.runnable, file.path);
  return {
    async run(crop, names) {
      const results = await runNetwork(session, { [image.name]: imageTensor(crop, image, preprocessing) });
      return names.map((name) => firstRow(results, name, image.batch ?? 1));
    },
    close: () => session.release(),
  };
}

/**
 * The input of a network for one crop. If the network takes a fixed batch, the other images are the negative of the crop: a
 * network that mixes the images of a batch then gives other outputs.
 */
function imageTensor(
  crop: Uint8Array,
  { type, channels, layout, batch = 1 }: ImageInput,
  { preprocess, networkOrder }: PublishedPreprocessing,
): Tensor {
  const { height, width } = preprocess.crop;
  const shape = layout === 'last' ? [batch, height, width, channels] : [batch, channels, height, width];
  const images = Array.from({ length: batch }, (_, index) => (index === 0 ? crop : crop.map((value) => 255 - value)));
  const rule: Normalization = type === 'uint8' ? { mean: [0, 0, 0], scale: [1, 1, 1] } : preprocess;
  const pixels = images.flatMap((pixels) => {
    const planes = toPlanes(pixels, rule, networkOrder);
    return [
      ...toLayout(
        channels === 1 ? toGray(planes, { networkOrder, isRounded: type === 'uint8' }) : planes,
        channels,
        layout,
      ),
    ];
  });
  return type === 'uint8'
    ? new Tensor('uint8', Uint8Array.from(pixels), shape)
    : new Tensor('float32', Float32Array.from(pixels), shape);
}

function firstRow(results: InferenceSession.OnnxValueMapType, name: string, batch: number): OutputRows {
  const { size, data } = rowsOf(results, name, batch);
  return { count: 1, size, data: data.subarray(0, size) };
}
