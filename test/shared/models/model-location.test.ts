import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { findManifest, loadModelAt, readManifestAt } from '../../../shared/models/model-location.ts';
import { awsClients } from '../../../shared/stores/aws/clients.ts';
import { S3Store } from '../../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { startAws } from '../../support/start-aws.ts';

const folder = await makeTinyModel();
const aws = await startAws();
const objects = new S3Store(aws.s3);
const bucket = await aws.makeBucket();
for (const file of ['manifest.json', 'model.onnx']) {
  await aws.put(bucket, `models/tiny/${file}`, await readFile(join(folder, file)));
}

describe('findManifest', () => {
  it('accepts a model directory or its manifest, in a folder or a bucket', async () => {
    const { manifest } = await loadModel(folder);
    const remote = `s3://${bucket}/models/tiny`;
    for (const location of [folder, `${folder}/`, join(folder, 'manifest.json'), remote, `${remote}/manifest.json`]) {
      expect(await findManifest(location, objects)).toEqual(manifest);
    }
  });

  it.each(['/no/such/folder', 's3://bucket/none', 's3://bucket/none/manifest.json'])(
    'reports in one line that there is no model in %s',
    async (text) => {
      const location = text.replace('bucket', bucket);
      await expect(findManifest(location, objects)).rejects.toMatchObject({
        name: 'UserError',
        message: `no model in ${location}: manifest.json is missing; "npx inception-batch help model import" shows how to make one`,
      });
    },
  );

  it('does not use the current folder for an empty location', async () => {
    await expect(findManifest('', objects)).rejects.toThrow('give a model directory');
  });
});

describe('loadModelAt', () => {
  it.each(['', '/'])('gives the same model from a bucket as from a folder, the prefix ending in "%s"', async (end) => {
    const local = await loadModelAt(folder, objects);
    const remote = await loadModelAt(`s3://${bucket}/models/tiny${end}`, objects, local.id);
    expect(local).toEqual(await loadModel(folder));
    expect({ ...remote, network: Buffer.from(remote.network) }).toEqual({
      ...local,
      network: Buffer.from(local.network),
    });
  });

  it('rejects a model other than the expected one, from a folder and a bucket, in one line', async () => {
    const { id } = await loadModel(folder);
    for (const location of [folder, `s3://${bucket}/models/tiny`]) {
      await expect(loadModelAt(location, objects, 'tiny@000000000000')).rejects.toMatchObject({
        name: 'UserError',
        message: `expected the model tiny@000000000000, found ${id} in ${location}`,
      });
    }
  });

  it('rejects a network that does not match its manifest', async () => {
    await aws.put(bucket, 'damaged/manifest.json', await readFile(join(folder, 'manifest.json')));
    await aws.put(bucket, 'damaged/model.onnx', 'something else');
    await expect(loadModelAt(`s3://${bucket}/damaged`, objects)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^the digest of s3:\/\/.*\/damaged\/model\.onnx is [0-9a-f]{12}…, its manifest expects [0-9a-f]{12}…: .*$/,
      ),
    });
  });

  it('reports what is missing', async () => {
    await aws.put(bucket, 'half/manifest.json', await readFile(join(folder, 'manifest.json')));
    await aws.put(bucket, 'wrong/manifest.json', '{}');
    const messageOf = async (prefix: string) => loadModelAt(`s3://${bucket}/${prefix}`, objects).catch(String);
    expect(await messageOf('none')).toMatch(/^UserError: no model in s3:\/\/.*\/none: manifest\.json is missing/);
    expect(await messageOf('half')).toMatch(/^UserError: cannot read the network s3:\/\/.*\/half\/model\.onnx/);
    expect(await messageOf('wrong')).toMatch(/^UserError: s3:\/\/.*\/wrong\/manifest\.json is not a model manifest: /);
    await expect(loadModelAt('', objects)).rejects.toThrow(
      'the location is empty: give a folder or s3://bucket/prefix',
    );
  });

  it('reports denied access, not a missing model', async () => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    });
    const { s3 } = awsClients({ endpoint }, {});
    await expect(loadModelAt('s3://models/tiny', new S3Store(s3))).rejects.toMatchObject({
      name: 'Failure',
      reason: 'unreadable',
      message: 'cannot read s3://models/tiny/manifest.json: AccessDenied: Access Denied; allow s3:GetObject',
    });
    s3.destroy();
  });
});

describe('readManifestAt', () => {
  it('gives the same manifest by key as by path', async () => {
    const { manifest } = await loadModel(folder);
    expect(await readManifestAt(join(folder, 'manifest.json'), objects)).toEqual(manifest);
    expect(await readManifestAt(`s3://${bucket}/models/tiny/manifest.json`, objects)).toEqual(manifest);
  });
});
