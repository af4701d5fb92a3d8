import { describe, expect, it } from 'vitest';
import { cropOf } from '../support/crops.ts';
import { buildImage, engine } from './build-image.ts';
import { cudaPackagePath, makeCudaPackage } from './cuda-package.ts';
import { startPackageMirror } from './package-mirror.ts';
import { startAwsWithModel } from './start-worker-image.ts';

const tag = 'localhost/inception-batch-worker:gpu';

// The base image stands in for NVIDIA's: it contains a libcudart.so.13 and nothing else of CUDA.
describe('the build of an image behind a proxy that inspects TLS', async () => {
  const mirror = await startPackageMirror();
  const { caBundle } = mirror;
  const cuda13 = await makeCudaPackage(['libcudart.so.13', 'libcuda.so.1']);

  it('fails without the CA of the npm registry, and installs every package from it with a CA bundle', async () => {
    const { args } = mirror;
    await expect(buildImage('packages', { args, caBundle: undefined })).rejects.toThrow(/self-signed certificate/);
    expect(mirror.requests).toEqual([]);
    await buildImage('packages', { args, caBundle });
    for (const name of ['onnxruntime-node', 'onnxruntime-common', 'parquet-wasm', 'adm-zip']) {
      expect(mirror.requests.some((path) => path.startsWith(`/${name}/-/${name}-`))).toBe(true);
    }
  });

  it('fails without the CA of the NuGet feed, and takes the CUDA provider from it with a CA bundle', async () => {
    const args = { ...mirror.args, NUGET_FEED: mirror.makeFeed(cudaPackagePath, cuda13) };
    // The packages of npm come from the cache of the build before.
    await expect(buildImage('cuda-packages', { args, caBundle: undefined })).rejects.toThrow(
      /cannot download https:\S+\/index\.json: .*self-signed certificate/,
    );
    const log = await buildImage('cuda-packages', { args, caBundle });
    expect(log).toMatch(/microsoft\.ml\.onnxruntime\.gpu\.linux [\d.]+: \d+ bytes, SHA-512 \S{88}/);
  });

  it('fails if the package has another digest than is given', async () => {
    const args = { ...mirror.args, NUGET_FEED: mirror.makeFeed(cudaPackagePath, cuda13) };
    await expect(
      buildImage('cuda-packages', { args: { ...args, CUDA_PROVIDER_SHA512: 'another' }, caBundle }),
    ).rejects.toThrow('CUDA_PROVIDER_SHA512 is another: another');
  });

  it('fails if the feed lacks the package of this version', async () => {
    const args = { ...mirror.args, NUGET_FEED: mirror.makeFeed('another.nupkg', cuda13) };
    await expect(buildImage('cuda-packages', { args, caBundle })).rejects.toThrow(
      /cannot download \S+: HTTP status 404/,
    );
  });
});

describe('the GPU image', async () => {
  const { args, caBundle, makeFeed } = await startPackageMirror();
  const { aws, startWorker } = await startAwsWithModel();
  const buildWith = async (needs: readonly string[]) => {
    const NUGET_FEED = makeFeed(cudaPackagePath, await makeCudaPackage(needs));
    return buildImage('gpu', { args: { ...args, NUGET_FEED }, caBundle });
  };

  it('cannot be built with a provider for another version of CUDA, whose libraries are named', async () => {
    await expect(buildWith(['libcudart.so.12', 'libcublasLt.so.12', 'libcuda.so.1'])).rejects.toThrow(
      /libonnxruntime_providers_cuda\.so needs libraries that this image does not contain: libcudart\.so\.12, libcublasLt\.so\.12\n/,
    );
  });

  it('refuses to start without a driver, which no image contains, and names its library', async () => {
    await buildWith(['libcudart.so.13', 'libcuda.so.1']);
    const { Config } = await engine.inspect(tag);
    expect(Config).toMatchObject({ User: '1000:1000', Entrypoint: ['node', 'main.mjs'], StopSignal: 'SIGTERM' });
    expect(Config.Env).toContain('ACCELERATOR=cuda');
    const { container } = await startWorker(tag);
    expect(await container.exited).toBe(1);
    expect(container.output()).toBe(
      "inception-batch worker: cuda: not available: missing libraries: libcuda.so.1 (NVIDIA's driver)\n",
    );
  });

  it('runs on the CPU with ACCELERATOR=cpu, with the same programs', async () => {
    const { container, crops, url, rows } = await startWorker(tag, { ACCELERATOR: 'cpu' });
    expect(await crops.send([cropOf({ key: 'one.jpg', fill: 7 })])).toEqual([]);
    await aws.waitUntilEmpty(url);
    await container.stop(30);
    expect(await container.exited, container.output()).toBe(0);
    expect(await rows('select key, provider from results')).toEqual([{ key: 'one.jpg', provider: 'cpu' }]);
  });
});
