/** An AWS request as its service receives it. */
export interface AwsRequest {
  readonly method: string;
  /** As sent, percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** Of the signature's scope, such as `s3`. */
  readonly service: string;
}

/** What IAM decides about: one request may need several. */
export interface Access {
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  /** Condition keys with the request's values. */
  readonly context?: Readonly<Record<string, string>>;
  /** Whether it is about an upload in parts. Default: false. */
  readonly isMultipart?: boolean;
}

export interface Names {
  readonly region: string;
  readonly account: string;
}

/**
 * The actions that a request needs on which resources, as the service authorization reference lists them.
 * @throws {Error} for a request that no program of this project makes, so that none passes unchecked
 */
export function accessesOf(request: AwsRequest, names: Names): readonly Access[] {
  if (request.service === 's3') return s3Accesses(request);
  if (request.service === 'sqs') return [sqsAccess(request, names)];
  if (request.service === 'ecs') return ecsAccesses(request, names);
  throw new Error(`unexpected request to ${request.service}: ${request.method} ${request.path}`);
}

export function bucketAndKey(path: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = '', ...segments] = path.split('/');
  return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(segments.join('/')) };
}

/** Parameters of a request that do not change what it is about. */
const parameters = new Set([
  ...['x-id', 'versionId', 'list-type', 'prefix', 'delimiter', 'continuation-token', 'max-keys', 'start-after'],
  'encoding-type',
]);

function s3Accesses({ method, path, query, headers, body }: AwsRequest): Access[] {
  const { bucket, key } = bucketAndKey(path);
  const unexpected = () => new Error(`unexpected request to s3: ${method} ${path}?${query}`);
  const on = (action: string, name = key) => [{ action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}/${name}` }];
  const onBucket = (action: string, context?: Readonly<Record<string, string>>) => [
    { action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}`, ...(context ? { context } : {}) },
  ];
  // A subresource that is not listed here must not pass as a request for the object itself.
  const subresource = [...query.keys()].filter((name) => !parameters.has(name)).join('&');
  const version = query.has('versionId') ? 'Version' : '';
  if (key === '') {
    if (method === 'POST' && subresource === 'delete')
      return deletedObjects(body).flatMap(({ name, versioned }) =>
        on(`DeleteObject${versioned ? 'Version' : ''}`, name),
      );
    if (method === 'GET' && subresource === 'notification') return onBucket('GetBucketNotification');
    if (method === 'PUT' && subresource === 'notification') return onBucket('PutBucketNotification');
    if (method === 'GET' && subresource === 'lifecycle') return onBucket('GetLifecycleConfiguration');
    if (method === 'GET' && subresource === 'location') return onBucket('GetBucketLocation');
    if (method === 'GET' && subresource === '')
      return onBucket('ListBucket', { 's3:prefix': query.get('prefix') ?? '' });
    if (method === 'HEAD' && subresource === '') return onBucket('ListBucket');
    throw unexpected();
  }
  if (headers['x-amz-copy-source'] !== undefined || headers['x-amz-tagging'] !== undefined) throw unexpected();
  if ((method === 'GET' || method === 'HEAD') && subresource === '') return on(`GetObject${version}`);
  if (method === 'PUT' && subresource === '') return on('PutObject');
  const isPart = method === 'PUT' && subresource === 'partNumber&uploadId';
  const isUpload = method === 'POST' && (subresource === 'uploads' || subresource === 'uploadId');
  if (isPart || isUpload) return on('PutObject').map((access) => ({ ...access, isMultipart: true }));
  if (method === 'DELETE' && subresource === 'uploadId') return on('AbortMultipartUpload');
  if (method === 'DELETE' && subresource === '') return on(`DeleteObject${version}`);
  throw unexpected();
}

function deletedObjects(body: Buffer): { readonly name: string; readonly versioned: boolean }[] {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return [...body.toString('utf8').matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = '']) => {
    const [, key] = /<Key>([^<]*)<\/Key>/.exec(object) ?? [];
    if (key === undefined) throw new Error(`unexpected object of DeleteObjects: ${object}`);
    const name = key.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? '');
    return { name, versioned: object.includes('<VersionId>') };
  });
}

/** Batch requests need the permission of their single form. */
const sqsActions = new Set([
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'GetQueueUrl',
]);

function sqsAccess({ headers, body }: AwsRequest, { region, account }: Names): Access {
  const operation = operationOf(headers, 'AmazonSQS').replace(/Batch$/, '');
  if (!sqsActions.has(operation)) throw new Error(`unexpected request to sqs: ${operation}`);
  const { QueueUrl } = fieldsOf(body);
  const name = typeof QueueUrl === 'string' ? (QueueUrl.split('/').at(-1) ?? '') : '';
  return { action: `sqs:${operation}`, resource: `arn:aws:sqs:${region}:${account}:${name}` };
}

function ecsAccesses({ headers, body }: AwsRequest, { region, account }: Names): Access[] {
  const operation = operationOf(headers, 'AmazonEC2ContainerServiceV20141113');
  if (!['DescribeServices', 'UpdateService'].includes(operation)) {
    throw new Error(`unexpected request to ecs: ${operation}`);
  }
  const { cluster, service, services, taskDefinition, enableExecuteCommand } = fieldsOf(body);
  const context = {
    'ecs:cluster': `arn:aws:ecs:${region}:${account}:cluster/${cluster}`,
    ...(enableExecuteCommand === undefined ? {} : { 'ecs:enable-execute-command': String(enableExecuteCommand) }),
    ...(typeof taskDefinition === 'string' ? { 'ecs:task-definition': taskDefinition } : {}),
  };
  return (Array.isArray(services) ? services : [service]).map((name) => ({
    action: `ecs:${operation}`,
    resource: `arn:aws:ecs:${region}:${account}:service/${cluster}/${name}`,
    context,
  }));
}

export function operationOf(headers: AwsRequest['headers'], service: string): string {
  const target = String(headers['x-amz-target'] ?? '');
  if (!target.startsWith(`${service}.`)) throw new Error(`unexpected target of a request: ${target}`);
  return target.slice(service.length + 1);
}

function fieldsOf(body: Buffer): Record<string, unknown> {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}
