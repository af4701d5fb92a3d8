import { type Credentials, region } from '../../cloud/account.ts';

export interface FunctionIdentity {
  readonly name: string;
  readonly handler: string;
  readonly memoryMegabytes: number;
  readonly credentials: Credentials;
}

/**
 * The variables that Lambda's Node runtime has before those of the function, as its documentation lists them under "Defined
 * runtime environment variables"; nothing of this machine's environment.
 */
export function runtimeEnvironment(identity: FunctionIdentity, runtimeApi: string): Record<string, string> {
  const { name, handler, memoryMegabytes, credentials } = identity;
  return {
    _HANDLER: handler,
    AWS_DEFAULT_REGION: region,
    AWS_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
    LD_LIBRARY_PATH: '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib',
    NODE_PATH:
      '/opt/nodejs/node24/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    // UDP: nobody has to listen there.
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
  };
}
