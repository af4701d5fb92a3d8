/** The ports of a Swift server on this machine. */
export interface SwiftPorts {
  readonly proxy: number;
  readonly account: number;
  readonly container: number;
  readonly object: number;
  readonly memcached: number;
}

export const swiftUser = { accessKeyId: 'test:tester', secretAccessKey: 'testing' };

/** The files of a Swift server with one disk: a folder, and one copy of everything. @param user who runs the server */
export function swiftSettings(folder: string, ports: SwiftPorts, user: string): Record<string, string> {
  const common = (port: number) => `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${user}
swift_dir = ${folder}
workers = 0
# A busy machine is slow: a request that waits is no error, and a listing without a new object would be one.
node_timeout = 300
conn_timeout = 60
container_update_timeout = 300
client_timeout = 300
`;
  const storage = (kind: 'account' | 'container' | 'object') => `${common(ports[kind])}
devices = ${folder}/disks
mount_check = false
fallocate_reserve = 0
disable_fallocate = true

[pipeline:main]
pipeline = ${kind}-server

[app:${kind}-server]
use = egg:swift#${kind}
`;
  return {
    'swift.conf': '[swift-hash]\nswift_hash_path_prefix = test\nswift_hash_path_suffix = test\n',
    'account-server.conf': storage('account'),
    'container-server.conf': storage('container'),
    'object-server.conf': storage('object'),
    'proxy-server.conf': `${common(ports.proxy)}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes symlink proxy-server

[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# A slow answer must not exclude the only disk for a minute.
error_suppression_limit = 1000000
allow_account_management = true
node_timeout = 300
recoverable_node_timeout = 300
conn_timeout = 60

[filter:tempauth]
use = egg:swift#tempauth
user_${swiftUser.accessKeyId.replace(':', '_')} = ${swiftUser.secretAccessKey} .admin

[filter:s3api]
use = egg:swift#s3api
# Small pages, so that few objects make several.
max_bucket_listing = 50

[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${ports.memcached}

[filter:versioned_writes]
use = egg:swift#versioned_writes
allow_versioned_writes = true
allow_object_versioning = true
${['catch_errors', 'gatekeeper', 'healthcheck', 'listing_formats', 'bulk', 'copy', 'slo', 'dlo', 'symlink']
  .map((name) => `\n[filter:${name}]\nuse = egg:swift#${name}\n`)
  .join('')}`,
  };
}
