import { expect, it } from 'vitest';
import { benchmark } from '../bench/accelerator/benchmark.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { describeWithWebgpu } from './describe-with-webgpu.ts';

describeWithWebgpu('npm run bench:accelerator', () => {
  it('measures the WebGPU provider', async () => {
    const folder = temporaryFolder();
    await writePhotos(folder, 4);
    const inputs = ['--model', await makeTinyModel({ channels: 8 }), '--photos', folder];
    const options = ['--providers', 'webgpu', '--precisions', 'float', '--batches', '1,4', '--seconds', '1'];
    const { code, stdout, stderr } = await benchmark([...inputs, ...options]);
    expect(code, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/^webgpu +available$/m);
    expect(stdout).toMatch(/^webgpu +float +4 +100.0 % +\S+ +1.00000 +100.0 % /m);
    for (const batch of [1, 4]) expect(stdout).toMatch(new RegExp(`^webgpu +float +${batch} +[\\d.]+ +- `, 'm'));
    expect(stdout).toMatch(/^webgpu +float +\d +\d+ +[\d.]+ +[\d.]+ % +(network|feed)$/m);
  });

  it('names a network that the provider computes wrongly', async () => {
    const folder = temporaryFolder();
    await writePhotos(folder, 1);
    const inputs = ['--model', await makeTinyModel({ channels: 6 }), '--photos', folder];
    const { code, stdout } = await benchmark([...inputs, '--providers', 'webgpu', '--precisions', 'float']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^webgpu float: wrong results: /m);
  });
});
