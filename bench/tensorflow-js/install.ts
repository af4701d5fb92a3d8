import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Not dependencies of this project: 350 MB that only this comparison needs. */
const dependencies = {
  '@tensorflow/tfjs': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
  buffer: '6.0.3',
  nsfwjs: '4.4.0',
};
const folder = resolve(import.meta.dirname, '../../.cache/tensorflow-js');

/** The part of TensorFlow.js that is used here. */
export interface TensorflowJs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(data: Float32Array | Int32Array, shape: readonly number[], dtype?: 'float32' | 'int32'): Tensor;
  loadLayersModel(handler: LoadHandler): Promise<{ predict(input: Tensor): Tensor }>;
  loadGraphModel(handler: LoadHandler): Promise<{ execute(inputs: Readonly<Record<string, Tensor>>): Tensor }>;
}

export interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface LoadHandler {
  load(): Promise<unknown>;
}

/**
 * A network of nsfwjs. `infer` takes an image [height, width, 3] of pixels from 0 to 255, and gives probabilities or the
 * output of a layer.
 */
export interface Nsfwjs {
  load(name: string): Promise<{ infer(image: Tensor, layer?: string): Tensor }>;
}

export interface InstalledTensorflowJs {
  readonly tf: TensorflowJs;
  readonly nsfwjs: Nsfwjs;
  /** Folder of the package nsfwjs. */
  readonly nsfwjsFolder: string;
}

/**
 * Installs TensorFlow.js and nsfwjs from npm into `.cache/tensorflow-js`, once, and loads them.
 * @param backend `wasm`, or `cpu` for plain JavaScript
 */
export async function openTensorflowJs(backend: 'wasm' | 'cpu'): Promise<InstalledTensorflowJs> {
  await install();
  const require = createRequire(join(folder, 'package.json'));
  const tf: TensorflowJs = require('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm: { setWasmPaths(path: string): void } = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(join(folder, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
  }
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend}`);
  await tf.ready();
  const nsfwjs: Nsfwjs = require('nsfwjs');
  return { tf, nsfwjs, nsfwjsFolder: join(folder, 'node_modules/nsfwjs') };
}

async function install(): Promise<void> {
  const manifest = JSON.stringify({ private: true, dependencies });
  const installed = join(folder, 'installed.json');
  if ((await readFile(installed, 'utf8').catch(() => '')) === manifest) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), manifest);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await promisify(execFile)('npm', ['install', ...options], { cwd: folder });
  await writeFile(installed, manifest);
}
