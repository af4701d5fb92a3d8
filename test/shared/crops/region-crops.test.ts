import { describe, expect, it } from 'vitest';
import {
  type CropEnvelope,
  decodeCropEnvelope,
  encodeCropEnvelope,
  type PackedSlice,
} from '../../../shared/crops/crop-envelope.ts';
import { type CropMessage, chunksOf } from '../../../shared/crops/crop-message.ts';
import { CropsQueue } from '../../../shared/crops/crops-queue.ts';
import { packedEnvelope } from '../../../shared/crops/packed-envelope.ts';
import { billOf, planSend } from '../../../shared/crops/plan-send.ts';
import { resolveCrops } from '../../../shared/crops/resolve-crops.ts';
import { checkTransport } from '../../../shared/crops/transport.ts';
import { Failure } from '../../../shared/failures/failure.ts';
import { type CropChoice, preprocessWithChoice } from '../../../shared/models/model-manifest.ts';
import { FolderStore } from '../../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../../shared/stores/local/memory-queue.ts';
import { cropOf } from '../../support/crops.ts';
import { packTogether, recording } from '../../support/packed-crops.ts';
import { boxesInRow, messageWithRegions } from '../../support/region-crops.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyPreprocess } from '../../support/tiny-model.ts';

const now = { max: 10, waitSeconds: 0 };

/** The boxes and all pixels of a message, whatever its chunks are. */
function content({ regions, tensor }: CropMessage) {
  return {
    image: Buffer.from(tensor.pixels).toString('hex'),
    boxes: regions?.boxes,
    pixels: Buffer.concat(regions?.pixels ?? []).toString('hex'),
  };
}

function queueWith(transport: 'packed' | 'auto' = 'packed', failing?: (bytes: Uint8Array) => boolean) {
  const bucket = temporaryFolder();
  const store = new FolderStore();
  const { objects, reads, writes } = recording(store);
  const write: typeof objects.write = (address, bytes) =>
    failing?.(bytes) ? Promise.reject(new Failure('throttled', 'slow down')) : objects.write(address, bytes);
  const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 30 });
  const location = { bucket, prefix: '' };
  return { queue: new CropsQueue(envelopes, { ...objects, write }, { transport, location }), reads, writes };
}

describe('a crop message with regions', () => {
  it('is decoded to what was encoded, inline', () => {
    const message = messageWithRegions({ fills: [1, 2, 3, 4, 5, 6] });
    const decoded = decodeCropEnvelope(encodeCropEnvelope(message));
    if (!('pixels' in decoded.tensor) || !decoded.regions || !('pixels' in decoded.regions))
      throw new Error('no pixels');
    expect(content({ ...decoded, tensor: decoded.tensor, regions: decoded.regions })).toEqual(content(message));
  });

  it('keeps an empty list of regions', () => {
    const message = messageWithRegions();
    const decoded = decodeCropEnvelope(encodeCropEnvelope(message));
    expect(decoded.regions).toEqual({ boxes: [], pixels: [] });
  });

  it('without regions is the same text as before there were regions', () => {
    expect(encodeCropEnvelope({ ...cropOf({ size: 2 }), sequencer: '01' })).toBe(
      '{"v":2,"image":{"bucket":"drop","key":"a.jpg","etag":"etag-of-a.jpg"},"job":"test","width":64,"height":48,' +
        '"format":"jpeg","bytes":1000,"preprocess":"' +
        `${cropOf({ size: 2 }).preprocess}","eventTime":"2026-01-02T03:04:05.000Z",` +
        '"ingestedAt":"2026-01-02T03:04:06.000Z","sequencer":"01","tensor":{"dtype":"uint8","layout":"NHWC",' +
        '"order":"RGB","shape":[1,2,2,3],"scale":[1,1,1],"zeroPoint":[123,117,104],"data":"AAAAAAAAAAAAAAAA"}}',
    );
  });

  it('takes less than 60 KB for a thousand regions that are packed', async () => {
    const message = messageWithRegions({ size: 8, fills: Array.from({ length: 1000 }, (_, index) => index % 256) });
    const [pointer] = await packTogether([message], { write: async () => {} }, { bucket: 'b', key: 'k' });
    if (pointer === undefined) throw new Error('expected a message');
    expect(encodeCropEnvelope(pointer).length).toBeLessThan(60_000);
  });

  it.each<[string, object]>([
    ['a box outside every image', { boxes: [[-1, 0, 1, 1, 0.5]], data: '' }],
    ['a box without width', { boxes: [[0, 0, 0, 1, 0.5]], data: '' }],
    ['a box with a broken pixel', { boxes: [[0.5, 0, 1, 1, 0.5]], data: '' }],
    ['an objectness above 1', { boxes: [[0, 0, 1, 1, 1.5]], data: '' }],
    ['1,001 boxes', { boxes: Array.from({ length: 1001 }, () => [0, 0, 1, 1, 0.5]), data: '' }],
    ['neither pixels nor slices', { boxes: [] }],
    ['both pixels and slices', { boxes: [], data: '', slices: [] }],
  ])('is rejected for %s', (_, regions) => {
    const wire = JSON.parse(encodeCropEnvelope(messageWithRegions()));
    expect(() => decodeCropEnvelope(JSON.stringify({ ...wire, regions }))).toThrow(
      expect.objectContaining({ reason: 'invalid_crop', message: expect.stringMatching(/version 2: regions/) }),
    );
  });
});

describe('packs with regions', () => {
  const large = (key: string, count: number) =>
    messageWithRegions({
      key,
      size: 224,
      fills: Array.from({ length: count }, (_, index) => index % 251),
      perChunk: 1,
    });

  it('are several for an image whose regions exceed a pack, which is received whole', async () => {
    const { queue, writes, reads } = queueWith();
    const message = large('many.jpg', 200);
    expect(await queue.send([message])).toEqual([]);
    expect(writes).toHaveLength(3);
    for (const { bytes } of writes) expect(bytes).toBeLessThanOrEqual(10 * 2 ** 20);
    const [received] = await queue.receive(now);
    if (received === undefined || received.body instanceof Failure) throw new Error('expected a message');
    expect(received.body.fault).toBeUndefined();
    expect(content(received.body)).toEqual(content(message));
    expect(reads).toHaveLength(3);
    expect(received.body.regions?.pixels).toHaveLength(3);
  });

  it('hold the regions of several images', async () => {
    const { queue, writes } = queueWith('auto');
    const messages = ['a', 'b', 'c'].map((key, index) => messageWithRegions({ key, fills: [index, index + 10] }));
    expect(await queue.send(messages)).toEqual([]);
    const received = await queue.receive(now);
    const found = received.map(({ body }) => (body instanceof Failure ? body : content(body)));
    expect(found).toEqual(messages.map(content));
    expect(writes.length).toBeLessThanOrEqual(1);
  });

  it('that cannot be written refuse every image with a chunk in them', async () => {
    const { queue } = queueWith('packed', (bytes) => bytes.byteLength < 10_000_000);
    // The first pack is full; the last regions of the first image share the second pack with the others.
    const messages = [large('a', 75), large('b', 1), large('c', 1)];
    expect(await queue.send(messages)).toMatchObject([0, 1, 2].map((index) => ({ index })));
    expect(await queue.depth()).toMatchObject({ visible: 0 });
  });

  it('count each image once in their limit of images', () => {
    const messages = Array.from({ length: 100 }, (_, index) =>
      messageWithRegions({ key: `${index}.jpg`, size: 8, fills: [1, 2, 3, 4], perChunk: 1 }),
    );
    expect(planSend(messages, 'packed').packs.map(({ length }) => length)).toEqual([500]);
    const more = planSend([...messages, messageWithRegions({ key: 'one more.jpg', size: 8, fills: [1] })], 'packed');
    expect(more.packs.map(({ length }) => length)).toEqual([500, 2]);
  });

  it('may hold the regions of an image alone', async () => {
    const store = new FolderStore();
    const message = messageWithRegions({ fills: [1, 2, 3] });
    const [pointer] = await packTogether([message], store, { bucket: temporaryFolder(), key: 'pack' });
    if (pointer === undefined) throw new Error('expected a message');
    const body = { ...pointer, tensor: message.tensor };
    const [received] = await resolveCrops([{ receipt: 'a', attempt: 1, body }], store);
    if (received === undefined || received.body instanceof Failure) throw new Error('expected a message');
    expect(content(received.body)).toEqual(content(message));
  });

  it('have one slice for chunks that follow one another, and another after a gap', () => {
    const message = messageWithRegions({ size: 8, fills: [1, 2, 3], perChunk: 1 });
    const slice = { bucket: 'b', key: 'k', length: 192 };
    const slices = [0, 192, 384, 1000].map((offset) => ({ ...slice, offset }));
    expect(packedEnvelope(message, slices).regions).toMatchObject({
      slices: [
        { offset: 192, length: 384 },
        { offset: 1000, length: 192 },
      ],
    });
  });

  it('are billed by what is written and read', () => {
    const plan = planSend([large('a', 200), large('b', 1)], 'packed');
    expect(plan.packs).toHaveLength(3);
    expect(billOf(plan)).toMatchObject({ puts: 3, gets: 4, packedBytes: (201 + 2) * 224 * 224 * 3 });
  });

  it.each<[string, Partial<PackedSlice>, RegExp]>([
    ['too few bytes', { length: 3 * 3072 }, /expected a pointer to 12288 bytes/],
    ['a part of a crop', { length: 12_283 }, /whole crops of regions, of 3072 bytes each/],
    ['bytes beyond the object', { offset: 20_000 }, /expected 12288 bytes of pixels at byte 20000/],
  ])('whose slices have %s are a fault of that image alone', async (_, change, detail) => {
    const bucket = temporaryFolder();
    const store = new FolderStore();
    const messages = ['a', 'b'].map((key) => messageWithRegions({ key, fills: [1, 2, 3, 4] }));
    const pointers = await packTogether(messages, store, { bucket, key: 'pack' });
    const envelopes = new MemoryQueue<CropEnvelope>({ visibilitySeconds: 30 });
    const [a, b] = pointers;
    if (!a || !b?.regions || !('slices' in b.regions)) throw new Error('expected slices');
    const slices = b.regions.slices.map((slice) => ({ ...slice, ...change }));
    await envelopes.send([a, { ...b, regions: { boxes: b.regions.boxes, slices } }]);
    const received = await new CropsQueue(envelopes, store, { transport: 'inline' }).receive(now);
    const faults = received.map(({ body }) => (body instanceof Failure ? body : body.fault));
    expect(faults).toEqual([undefined, expect.objectContaining({ message: expect.stringMatching(detail) })]);
  });
});

describe('the limit of bytes per image', () => {
  const accepted = [
    ['1,000 regions of 331×331', 331, 1000],
    ['500 regions of 448×448', 448, 500],
    ['400 regions of 512×512', 512, 400],
    ['9 regions of 4096×4096', 4096, 9],
  ] as const;
  const chosen = (size: number, choice: CropChoice) => preprocessWithChoice(tinyPreprocess(size), choice);

  it.each(accepted)('is checked before any work, and %s are received', async (_, size, count) => {
    expect(() => chosen(size, { regions: count })).not.toThrow();
    const crop = size * size * 3;
    const message = messageWithRegions({ size: 1, maximum: count });
    const { pixels: _pixels, ...tensor } = { ...message.tensor, height: size, width: size };
    const slice = { bucket: 'b', key: 'pack', offset: 0, length: crop };
    const slices = boxesInRow(count).map((_box, index) => ({ ...slice, offset: (index + 1) * crop }));
    const body = { ...message, tensor: { ...tensor, slice }, regions: { boxes: boxesInRow(count), slices } };
    const nothing = new Uint8Array();
    const readRange = async () => nothing;
    const [resolved] = await resolveCrops([{ receipt: 'a', attempt: 1, body }], { readRange }, { attempts: 1 });
    if (resolved === undefined || resolved.body instanceof Failure) throw new Error('expected a message');
    expect(resolved.body.fault?.message).toMatch(
      /^expected \d+ bytes of pixels at byte 0 of b\/pack, which has 0 there$/,
    );
  });

  it('makes a pointer to more bytes a fault of its image, before they are read', async () => {
    const crop = 512 * 512 * 3;
    const message = messageWithRegions({ size: 1, maximum: 1000 });
    const { pixels: _pixels, ...tensor } = { ...message.tensor, height: 512, width: 512 };
    const slice = { bucket: 'b', key: 'pack', offset: 0, length: crop };
    const slices = [{ ...slice, offset: crop, length: 682 * crop }];
    const body = { ...message, tensor: { ...tensor, slice }, regions: { boxes: boxesInRow(682), slices } };
    const readRange = async () => {
      throw new Error('expected no read');
    };
    const [resolved] = await resolveCrops([{ receipt: 'a', attempt: 1, body }], { readRange });
    if (resolved === undefined || resolved.body instanceof Failure) throw new Error('expected a message');
    expect(resolved.body.fault).toMatchObject({
      reason: 'invalid_crop',
      message: 'expected pointers to at most 536870912 bytes of pixels, received some to 537133056',
    });
  });

  it('rejects a choice of more than a receiver accepts', () => {
    expect(() => chosen(512, { regions: 1000 })).toThrow(
      '1001 crops of 512×512 take 787218432 bytes per image, over the limit of 536870912: classify at most 681 regions per image',
    );
    expect(() => chosen(4096, { crops: 'multiscale' })).toThrow(
      /^144 crops of 4096×4096 .*: choose fewer crops per image$/,
    );
    expect(() => chosen(512, { regions: 681 })).not.toThrow();
  });
});

describe('the transport inline', () => {
  const rule = (maximum: number) => ({ ...tinyPreprocess(224), regions: { maximum } });

  it('is rejected in one line for regions that do not fit in a message', () => {
    expect(() => checkTransport('inline', rule(100))).toThrow(
      /^101 crops of 224×224 take 202\d+ bytes in a message, over the limit of 1048576: use the transport packed or auto/,
    );
  });

  it('is rejected for regions that fit only without their boxes', () => {
    const { crop, ...rest } = tinyPreprocess(16);
    const message = messageWithRegions({ size: 16, maximum: 1000, fills: Array.from({ length: 1000 }, () => 7) });
    const boxes = boxesInRow(1000).map((box) => ({
      ...box,
      x: 12_345,
      y: 10_000,
      objectness: 0.123_456_789_012_345_6,
    }));
    const sent = { ...message, regions: { boxes, pixels: message.regions?.pixels ?? [] } };
    expect(encodeCropEnvelope(sent).length).toBeGreaterThan(2 ** 20);
    expect(() => checkTransport('inline', { ...rest, crop, regions: { maximum: 1000 } })).toThrow(/over the limit/);
    expect(() => checkTransport('inline', { ...rest, crop, regions: { maximum: 950 } })).not.toThrow();
  });

  it('is accepted for the few regions that fit', () => {
    expect(() => checkTransport('inline', rule(4))).not.toThrow();
    const message = { ...messageWithRegions({ size: 224, fills: [1, 2, 3, 4] }), regions: undefined };
    const regions = { boxes: boxesInRow(4), pixels: [new Uint8Array(4 * 224 * 224 * 3)] };
    expect(encodeCropEnvelope({ ...message, regions }).length).toBeLessThan(2 ** 20);
    expect(chunksOf({ ...message, regions })).toHaveLength(2);
  });
});
