import { describe, expect, it } from 'vitest';
import { describeShares, sharesOf } from '../../../../shared/inference/accelerator/shares.ts';
import { stackCrops } from '../../../../shared/inference/batch.ts';
import { Lane } from '../../../../shared/inference/lane.ts';
import { referenceImage } from '../../../../shared/models/reference-image.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { loadTinyModel } from '../../../support/tiny-classifier.ts';

const model = await loadTinyModel();
const run = (ts: number, dur: number) => ({ cat: 'Session', name: 'model_run', ts, dur, args: {} });
const node = (provider: string, ts: number, dur: number) => ({ cat: 'Node', name: 'n', ts, dur, args: { provider } });
const cpu = 'CPUExecutionProvider';
const webgpu = 'WebGpuExecutionProvider';

describe('the shares of the providers', () => {
  it("come from the runtime's profile", async () => {
    const lane = new Lane(model);
    await lane.load('cpu', temporaryFolder());
    await lane.run(stackCrops([referenceImage([32, 32, 3])], 32, 32));
    expect(await lane.endProfile()).toEqual([{ provider: 'cpu', nodes: 1, time: 1 }]);
    // The profile has ended; the session still runs.
    await expect(lane.run(stackCrops([referenceImage([32, 32, 3])], 32, 32))).resolves.toBeDefined();
    await lane.close();
  });

  it('give an accelerator all time outside CPU nodes, even if its nodes seem short', () => {
    const shares = sharesOf([run(0, 1000), node(webgpu, 10, 2), node(webgpu, 12, 1), node(cpu, 20, 100)]);
    expect(shares).toEqual([
      { provider: 'webgpu', nodes: 2 / 3, time: 0.9 },
      { provider: 'cpu', nodes: 1 / 3, time: 0.1 },
    ]);
    expect(describeShares(shares)).toBe(
      'webgpu 67 % of the nodes and 90 % of the time, cpu 33 % of the nodes and 10 % of the time',
    );
  });

  it('give the CPU all time if no other provider has a node', () => {
    expect(sharesOf([run(0, 1000), node(cpu, 1, 10)])).toEqual([{ provider: 'cpu', nodes: 1, time: 1 }]);
  });

  it('cover the last run only, not the compilation in earlier ones', () => {
    const first = [run(0, 1000), node(cpu, 1, 900), node(webgpu, 950, 1)];
    expect(sharesOf([...first, run(2000, 100), node(webgpu, 2001, 1)])).toEqual([
      { provider: 'webgpu', nodes: 1, time: 1 },
    ]);
  });

  it('divide the time between two accelerators by the times of their nodes', () => {
    const cuda = 'CUDAExecutionProvider';
    const tensorrt = 'TensorrtExecutionProvider';
    const shares = sharesOf([run(0, 1000), node(tensorrt, 1, 8), node(cuda, 10, 2), node('Other', 20, 0)]);
    expect(shares.map(({ provider }) => provider)).toEqual(['tensorrt', 'cuda', 'Other']);
    expect(shares.reduce((sum, { time }) => sum + time, 0)).toBeCloseTo(1);
  });

  it('reject JSON that is not a profile', () => {
    expect(() => sharesOf({})).toThrow('expected array');
    expect(() => sharesOf([node(cpu, 1, 1)])).toThrow('expected a run in the profile');
  });
});
