import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clipObjects } from '../../../model/detector/annotations/clip-objects.ts';
import { readAnnotations } from '../../../model/detector/annotations/read-annotations.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const voc = `<?xml version="1.0"?>
<annotation>
  <folder>zoo</folder>
  <filename>raccoon-1.jpg</filename>
  <size><width>650</width><height>417</height><depth>3</depth></size>
  <object>
    <name>raccoon</name><pose>Left</pose><truncated>0</truncated><difficult>0</difficult>
    <part><name>head</name><bndbox><xmin>90</xmin><ymin>90</ymin><xmax>99</xmax><ymax>99</ymax></bndbox></part>
    <bndbox><xmin>81</xmin><ymin>88</ymin><xmax>522</xmax><ymax>408.5</ymax></bndbox>
  </object>
  <object>
    <name>cat &amp; dog</name><difficult>1</difficult>
    <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>10</xmax><ymax>20</ymax></bndbox>
  </object>
</annotation>`;

const coco = {
  images: [
    { id: 7, file_name: 'a/one.jpg', width: 640, height: 480 },
    { id: 9, file_name: 'two.jpg' },
  ],
  annotations: [
    { id: 1, image_id: 7, category_id: 3, bbox: [10.5, 20, 30, 40.25], area: 1207.5, iscrowd: 0, segmentation: [] },
    { id: 2, image_id: 7, category_id: 4, bbox: [0, 0, 640, 480], iscrowd: 1 },
  ],
  categories: [
    { id: 3, name: 'raccoon', supercategory: 'animal' },
    { id: 4, name: 'crowd of birds' },
  ],
};

async function written(files: Readonly<Record<string, string | object>>): Promise<string> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

describe('readAnnotations', () => {
  it('reads VOC boxes, which count from 1 and include both edges', async () => {
    const folder = await written({ 'raccoon-1.xml': voc, 'raccoon-1.jpg': 'not read' });
    expect(await readAnnotations(folder)).toEqual({
      folder,
      images: [
        {
          name: 'raccoon-1.jpg',
          size: { width: 650, height: 417 },
          objects: [
            { label: 'raccoon', x: 80, y: 87, width: 442, height: 321.5 },
            { label: 'cat & dog', x: 0, y: 0, width: 10, height: 20, exempt: 'difficult' },
          ],
        },
      ],
    });
  });

  it('names the image after the file if VOC annotations do not', async () => {
    const folder = await written({
      'b.xml': '<annotation><size><width>0</width><height></height></size></annotation>',
    });
    expect((await readAnnotations(join(folder, 'b.xml'))).images).toEqual([{ name: 'b.jpg', objects: [] }]);
  });

  it('reads COCO boxes and images without any', async () => {
    const folder = await written({ 'instances.json': coco });
    const expected = [
      {
        name: 'a/one.jpg',
        size: { width: 640, height: 480 },
        objects: [
          { label: 'raccoon', x: 10.5, y: 20, width: 30, height: 40.25 },
          { label: 'crowd of birds', x: 0, y: 0, width: 640, height: 480, exempt: 'crowd' },
        ],
      },
      { name: 'two.jpg', objects: [] },
    ];
    expect((await readAnnotations(join(folder, 'instances.json'))).images).toEqual(expected);
    expect((await readAnnotations(folder)).images).toEqual(expected);
  });

  it('takes a COCO image with only one side, or a side of 0, as one of unknown size', async () => {
    const images = [
      { id: 1, file_name: 'a.jpg', width: 640 },
      { id: 2, file_name: 'b.jpg', width: 640, height: 0 },
      { id: 3, file_name: 'c.jpg', height: 480 },
    ];
    const file = join(await written({ 'a.json': { images, annotations: [], categories: [] } }), 'a.json');
    expect((await readAnnotations(file)).images.map(({ size }) => size)).toEqual([undefined, undefined, undefined]);
  });

  const [object] = coco.annotations;
  it.each([
    ['a missing path', {}, 'gone', /no annotations at .*gone: give a folder of PASCAL VOC/],
    ['a folder without annotations', { 'a.txt': '0 0.5 0.5 1 1' }, '', /has no \.xml or \.json file/],
    ['another format', { 'a.txt': '0 0.5 0.5 1 1' }, 'a.txt', /a\.txt has an unknown format: give a folder/],
    ['two formats', { 'a.xml': voc, 'b.json': coco }, '', /has \.xml and \.json files: give the folder of the one/],
    ['two COCO files', { 'a.json': coco, 'b.json': coco }, '', /has 2 \.json files: give the path of one/],
    ['broken XML', { 'a.xml': '<annotation><object></annotation>' }, '', /a\.xml is not XML: /],
    ['other XML', { 'a.xml': '<svg/>' }, '', /its root is <svg> instead of <annotation>/],
    [
      'a VOC box without a number',
      { 'a.xml': voc.replace('522', 'wide') },
      '',
      /a\.xml is not a VOC annotation: <xmax> of object 1 must be a number$/,
    ],
    [
      'a VOC object without a name',
      { 'a.xml': voc.replace('raccoon</name>', '</name>') },
      '',
      /<name> of object 1 is missing$/,
    ],
    ['a VOC size in words', { 'a.xml': voc.replace('650', 'wide') }, '', /<width> of size must be a whole number$/],
    ['an image annotated twice', { 'a.xml': voc, 'b.xml': voc }, '', /annotates raccoon-1\.jpg twice/],
    ['broken JSON', { 'a.json': '{' }, '', /a\.json is not JSON/],
    ['other JSON', { 'a.json': { images: [] } }, '', /a\.json is not a COCO annotation file: annotations is missing$/],
    ['a list', { 'a.json': [] }, '', /the file must be an object with images, annotations and categories$/],
    [
      'a COCO box of three numbers',
      { 'a.json': { ...coco, annotations: [object, { ...object, bbox: [1, 2, 3] }] } },
      '',
      /file: annotations\[1\]\.bbox must be a list of four numbers: x, y, width and height$/,
    ],
    [
      'a COCO annotation without its image',
      { 'a.json': { ...coco, annotations: [{ ...object, image_id: undefined }] } },
      '',
      /file: annotations\[0\]\.image_id is missing$/,
    ],
    ['no images', { 'a.json': { ...coco, images: [], annotations: [] } }, '', /has no images/],
    [
      'an unknown image',
      { 'a.json': { ...coco, annotations: [{ ...object, id: undefined, image_id: 8 }] } },
      '',
      /annotation of category 3 names image 8,/,
    ],
    [
      'an unknown image, by the id of the annotation',
      { 'a.json': { ...coco, annotations: [{ ...object, id: 31, image_id: 8 }] } },
      '',
      /annotation 31 names image 8, which is not listed: add the image or remove the annotation/,
    ],
    [
      'an unknown category',
      { 'a.json': { ...coco, categories: [] } },
      '',
      /annotation 1 names category 3, which is not listed: add the category or/,
    ],
    [
      'a repeated id',
      { 'a.json': { ...coco, images: [...coco.images, { id: 7, file_name: 'c' }] } },
      '',
      /image 7 twice/,
    ],
    [
      'two categories of one name',
      { 'a.json': { ...coco, categories: [...coco.categories, { id: 5, name: 'raccoon' }] } },
      '',
      /two categories named raccoon/,
    ],
  ])('rejects %s, and says what to do', async (_, files, path, message) => {
    const folder = await written(files);
    await expect(readAnnotations(join(folder, path))).rejects.toThrow(message);
    await expect(readAnnotations(join(folder, path))).rejects.toHaveProperty('name', 'UserError');
  });
});

describe('clipObjects', () => {
  const image = { width: 100, height: 50 };

  it('cuts boxes at the edges of the image, and counts those that lose a pixel', () => {
    const objects = [
      { label: 'a', x: -5, y: 10, width: 20, height: 20 },
      { label: 'b', x: 90, y: 40, width: 10.5, height: 10 },
      { label: 'c', x: 10, y: 10, width: 5, height: 5 },
    ];
    expect(clipObjects(objects, image)).toEqual({
      objects: [
        { label: 'a', x: 0, y: 10, width: 15, height: 20 },
        { label: 'b', x: 90, y: 40, width: 10, height: 10 },
        { label: 'c', x: 10, y: 10, width: 5, height: 5 },
      ],
      clipped: 1,
      unused: [],
    });
  });

  it('leaves out boxes without an area, and those outside the image', () => {
    const objects = [
      { label: 'a', x: 5, y: 5, width: 0, height: 10 },
      { label: 'b', x: 5, y: 5, width: 10, height: -3 },
      { label: 'c', x: 100, y: 5, width: 10, height: 10 },
    ];
    expect(clipObjects(objects, image)).toEqual({
      objects: [],
      clipped: 0,
      unused: ['empty_box', 'empty_box', 'outside_image'],
    });
  });
});
