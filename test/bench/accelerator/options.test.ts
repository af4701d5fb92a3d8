import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../bench/accelerator/options.ts';

describe('parseOptions', () => {
  it('measures everything by default, TensorRT last, since it builds engines for minutes', () => {
    const options = parseOptions(['--model', 'm']);
    expect(options.providers).toEqual(['cpu', 'cuda', 'webgpu', 'tensorrt']);
    expect(options.precisions).toEqual(['float', 'half', 'int8']);
    expect(options.minutes).toBe(10);
  });

  it('takes lists, and each value once', () => {
    const options = parseOptions(['--model', 'm', '--providers', 'webgpu,cuda', '--batches', '8,1,8']);
    expect(options.providers).toEqual(['cuda', 'webgpu']);
    expect(options.batches).toEqual([8, 1]);
  });

  it.each([
    [
      ['--providers', 'cuda,vulkan'],
      'unknown name "vulkan" in --providers: give one or more of tensorrt,cuda,webgpu,cpu',
    ],
    [
      ['--precisions', 'hlaf'],
      'unknown name "hlaf" in --precisions (did you mean half?): give one or more of float,half,int8',
    ],
    [['--batches', '8,0'], 'give whole numbers from 1 for --batches, got "0"'],
    [['--minutes=-1'], 'give a number above 0 for --minutes, got "-1"'],
    [['--fast'], "Unknown option '--fast', see --help"],
  ])('%j is refused with what to give', (args, message) => {
    expect(() => parseOptions(['--model', 'm', ...args])).toThrow(message);
  });
});
