import { afterEach, expect, it, vi } from 'vitest';
import type { AwsOptions } from '../../../cli/engine/command-watch.ts';
import type { Summary } from '../../../cli/engine/run/summary.ts';
import { printSummary } from '../../../cli/terminal/print-summary.ts';

const summary: Summary = {
  ...{ job: 'photos', store: 'st ore', model: 'tiny@0123456789ab', total: 5, done: 0, classifiedBefore: 0 },
  ...{
    classified: 5,
    rejected: 0,
    reasons: {},
    deleted: 0,
    labels: [],
    regions: undefined,
    skipped: {},
    pending: 0,
    seconds: 1,
    imagesPerSecond: 5,
    interrupted: false,
  },
};

afterEach(() => {
  vi.restoreAllMocks();
});

function printed(values: Partial<Summary>, aws: AwsOptions = {}): string {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  printSummary({ ...summary, ...values }, aws);
  return log.mock.calls.map(([line]) => String(line)).join('\n');
}

it('prints the command that shows the results, quoted for a shell', () => {
  expect(printed({})).toContain("\nResults are in st ore: npx inception-batch results --store 'st ore'");
  expect(printed({})).not.toContain('pending');
});

it('prints a slow rate per minute instead of 0/s', () => {
  expect(printed({ classified: 1, seconds: 72, imagesPerSecond: 0.014 })).toContain(
    ' in 1m 12s (0.8/min): 1 classified',
  );
});

it('prints a command that reaches the same service', () => {
  const aws = { endpoint: 'http://127.0.0.1:4566', region: 'eu-west-1' };
  expect(printed({ store: 's3://results' }, aws)).toContain(
    ': npx inception-batch results --store s3://results --endpoint http://127.0.0.1:4566 --region eu-west-1',
  );
});

it('prints no command without results, and explains how to retry pending images', () => {
  const text = printed({ classified: 0, pending: 5 });
  expect(text).not.toContain('Results are in');
  expect(text).toContain('0 classified, 0 rejected, 5 pending\n');
  expect(text).toContain('run the same command again');
});

it('counts deletions separately, and only if there are some', () => {
  expect(printed({})).not.toContain('deleted');
  expect(printed({ deleted: 2 })).toContain('5 classified, 0 rejected; 2 deleted\n');
});

it('explains once how to continue after an interruption', () => {
  const text = printed({ classified: 2, pending: 3, interrupted: true });
  expect(text.match(/run the same command again/g)).toHaveLength(1);
  expect(text).toContain('Results are in');
});

it('names the images that the labels are of, if an earlier run finished others', () => {
  const labels = [{ label_id: 'n01440764', label: 'tench', count: 3, share: 0.6 }];
  expect(printed({ labels, done: 160, total: 165 })).toContain('\nMost frequent labels of the 5 new images: tench 3');
  expect(printed({ labels })).toContain('\nMost frequent labels: tench 3');
});

it('prints no most frequent labels if each occurs once, unless they are all', () => {
  const labels = ['tench', 'crane'].map((label) => ({ label_id: label, label, count: 1, share: 0.2 }));
  expect(printed({ labels })).not.toContain('Most frequent');
  expect(printed({ labels, classified: 2, total: 2 })).toContain('Most frequent labels: tench 1');
});

it('prints the most frequent labels by their first name, and how many names were skipped and why', () => {
  const labels = [
    { label_id: 'n01440764', label: 'tench, Tinca tinca', count: 3, share: 0.6 },
    { label_id: 'a\tb', label: 'a\tb', count: 2, share: 0.4 },
  ];
  const text = printed({ labels, skipped: { hidden: 1, store: 2 } });
  expect(text).toContain('\nMost frequent labels: tench 3 (60.0 %), a\\tb 2 (40.0 %)\n');
  expect(text).toContain('\nSkipped: 1 hidden name, 2 files or folders of stores\n');
});

it('prints how many regions were kept, their most frequent labels, and the command that lists them', () => {
  const labels = [
    { label_id: 'n02123045', label: 'tabby, tabby cat', count: 3, share: 0.75 },
    { label_id: 'n02099601', label: 'golden retriever', count: 1, share: 0.25 },
  ];
  expect(printed({})).not.toMatch(/region/i);
  const text = printed({ regions: { kept: 4, images: 2, labels } });
  expect(text).toContain('\n4 regions kept, in 2 of 5 images\n');
  expect(text).toContain('\nMost frequent labels of regions: tabby 3 (75.0 %), golden retriever 1 (25.0 %)\n');
  expect(text).toContain("\nRegions: npx inception-batch results --regions --store 'st ore'");
});

it('prints the command that lists the regions, but counts none, if an earlier run did all the work', () => {
  const text = printed({ done: 5, classified: 0, regions: { kept: 0, images: 0, labels: [] } });
  expect(text).not.toContain('kept');
  expect(text).toContain('\nRegions: npx inception-batch results --regions');
});
