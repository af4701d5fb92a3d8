import { resolve } from 'node:path';
import type { PublishedFile } from '../pull/published-file.ts';
import type { Catalog, CatalogEntry } from './catalog-entry.ts';

/** The model that is used if none is named. */
export const defaultModelName = 'googlenet';

/** In the repository, and next to the compiled sources in a package. */
const packageFolder = resolve(import.meta.dirname, import.meta.filename.endsWith('.ts') ? '../..' : '../../..');

/**
 * GoogLeNet of the ONNX Model Zoo; size and digest are those of the Zoo. The addresses are from its pages, not tested
 * (decision 0025); the digest protects against wrong files.
 */
const googlenetNetwork: PublishedFile = {
  file: 'googlenet-12.onnx',
  bytes: 28_021_836,
  sha256: 'c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e',
  urls: [
    'https://huggingface.co/onnxmodelzoo/googlenet-12/resolve/main/googlenet-12.onnx',
    'https://media.githubusercontent.com/media/onnx/models/main/validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx',
    'https://github.com/onnx/models/raw/main/validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx',
  ],
};

/**
 * The 1000 labels of ImageNet in the order of Caffe: size and digest of the file that Caffe's scripts install. Copies differ
 * in line ends and in the last line end, which the digest ignores. The addresses are those that other projects download
 * from. None could be fetched where this was written (decision 0025). An address with another text is skipped, because of its
 * digest.
 */
const imageNetLabels: PublishedFile = {
  file: 'synset_words.txt',
  bytes: 31_675,
  sha256: 'acf75ef0abe89694b19056e0796401068b459c457baa30335f240c7692857355',
  isText: true,
  urls: [
    'https://raw.githubusercontent.com/HoldenCaulfieldRye/caffe/master/data/ilsvrc12/synset_words.txt',
    'https://raw.githubusercontent.com/torch/tutorials/master/7_imagenet_classification/synset_words.txt',
    'https://s3.amazonaws.com/onnx-model-zoo/synset.txt',
    'https://raw.githubusercontent.com/onnx/models/main/validated/vision/classification/synset.txt',
    'http://data.mxnet.io/models/imagenet/synset.txt',
    'http://data.mxnet.io/mxnet/models/imagenet/synset.txt',
  ],
};

/** The weights are in the package, as JavaScript modules. Size and digest are those of npm's registry. */
const nsfwjs: PublishedFile = {
  file: 'nsfwjs-4.4.0.tgz',
  bytes: 24_973_068,
  sha256: '585cd178f3b994337c4d10a87b080d342fc52f8b9bf0085c4d1f345a3a1c5382',
  urls: ['https://registry.npmjs.org/nsfwjs/-/nsfwjs-4.4.0.tgz'],
};

const entries: readonly CatalogEntry[] = [
  {
    name: defaultModelName,
    about: 'photos: animals, plants, things, food, scenes; the default',
    labels: 1000,
    accuracy: { top1: 0.6778, top5: 0.8834, images: 'ImageNet validation images', source: 'ONNX Model Zoo' },
    license: 'BSD-3-Clause',
    recipe: { kind: 'import', preset: 'bvlc', network: googlenetNetwork, labels: imageNetLabels },
  },
  {
    name: 'googlenet-int8',
    about:
      'the same on a CPU at about three times the rate; same label for 97 of 100 photos that it was not calibrated on',
    labels: 1000,
    license: 'BSD-3-Clause',
    recipe: { kind: 'int8', of: defaultModelName },
  },
  {
    name: 'nsfwjs-inception-v3',
    about: 'content moderation: Drawing, Hentai, Neutral, Porn, Sexy; Inception v3 at 299 pixels',
    labels: 5,
    license: 'MIT',
    recipe: { kind: 'package', preset: 'nsfwjs-299', archive: nsfwjs, folder: 'package/dist/models/inception_v3' },
  },
  {
    name: 'nsfwjs-mobilenet-v2',
    about: 'the same labels, small and fast: MobileNetV2 at 224 pixels; the default of nsfwjs',
    labels: 5,
    license: 'MIT',
    recipe: { kind: 'package', preset: 'nsfwjs', archive: nsfwjs, folder: 'package/dist/models/mobilenet_v2' },
  },
  {
    name: 'nsfwjs-mobilenet-v2-mid',
    about: 'the same labels: a wider MobileNetV2 at 224 pixels',
    labels: 5,
    license: 'MIT',
    recipe: { kind: 'package', preset: 'nsfwjs', archive: nsfwjs, folder: 'package/dist/models/mobilenet_v2_mid' },
  },
  {
    name: 'fashion-mnist',
    about: 'grayscale pictures of clothes, 28 pixels wide; part of this package',
    labels: 10,
    accuracy: { top1: 0.953, images: 'Fashion-MNIST test images', source: 'model card' },
    license: 'MIT',
    recipe: { kind: 'included', directory: resolve(packageFolder, 'demo/fashion-mnist/model') },
  },
];

/** The models that every installation knows. */
export const builtInModels: Catalog = new Map(entries.map((entry) => [entry.name, entry]));
