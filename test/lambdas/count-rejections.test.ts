import { Metrics } from '@aws-lambda-powertools/metrics';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { countRejections } from '../../lambdas/count-rejections.ts';

const embedded = z.looseObject({ service: z.string(), fault: z.string(), ImagesRejected: z.number() });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('rejected images', () => {
  it('are counted by fault, zeros included, and faults of the image are not', () => {
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const metrics = new Metrics({ serviceName: 'ingest', namespace: 'inception-batch/test' });
    countRejections(metrics, ['unreadable', 'object_gone', 'corrupt', 'empty']);
    const counted = lines.map((line) => embedded.parse(JSON.parse(line)));
    expect(counted.map(({ service, fault, ImagesRejected }) => [service, fault, ImagesRejected])).toEqual([
      ['ingest', 'access', 2],
      ['ingest', 'deployment', 0],
    ]);
    expect(lines[0]?.replaceAll(/\s/g, '')).toContain('"Dimensions":[["service","fault"]]');
  });
});
