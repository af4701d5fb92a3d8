import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../support/listen.ts';
import { type Answer, jsonAnswer } from './access-denied.ts';
import type { Credentials } from './account.ts';
import type { Authorizer, Principal } from './iam/authorizer.ts';
import { type AwsRequest, operationOf } from './iam/request-to-action.ts';

export interface WorkerServiceOptions {
  readonly cluster: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly principal: Principal;
  readonly credentials: Credentials;
  readonly authorizer: Authorizer;
  /** The image's command, run in its folder. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly environment: Readonly<Record<string, string>>;
  readonly maxWorkers: number;
  /** Receives the events of ECS about tasks that have stopped. */
  readonly onStopped: (event: Readonly<Record<string, unknown>>) => Promise<void>;
}

interface Task {
  readonly id: string;
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  output: string;
}

const describeSchema = z.strictObject({ cluster: z.string(), services: z.array(z.string()) });
const updateSchema = z.strictObject({ cluster: z.string(), service: z.string(), desiredCount: z.int() });

/** A service of ECS whose tasks are processes of this machine: as many as desired. */
export class WorkerService {
  readonly #options: WorkerServiceOptions;
  readonly #tasks: Task[] = [];
  readonly #agent: Server;
  #agentUri = '';
  #desired = 0;
  /** Exit codes of the tasks that have ended. */
  readonly exitCodes: (number | null)[] = [];
  /** States of task protection, in order. */
  readonly protections: boolean[] = [];

  static async open(options: WorkerServiceOptions): Promise<WorkerService> {
    const service = new WorkerService(options);
    service.#agentUri = `http://127.0.0.1:${await listen(service.#agent)}`;
    return service;
  }

  private constructor(options: WorkerServiceOptions) {
    this.#options = options;
    this.#agent = createServer((request, response) => {
      json(request)
        .catch(() => undefined)
        .then((body) => this.#answerTask(request.method ?? '', request.url ?? '', body))
        .then(({ status, headers, body }) => response.writeHead(status, { ...headers }).end(body))
        .catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    // A busy server would otherwise reset connections whose next request has arrived.
    this.#agent.keepAliveTimeout = 0;
  }

  get running(): number {
    return this.#tasks.length;
  }

  get output(): string {
    return this.#tasks.map(({ output }) => output).join('') + this.#ended;
  }
  #ended = '';

  /** Answers `DescribeServices` and `UpdateService`. @throws {Error} for any other request */
  async answer(request: AwsRequest): Promise<Answer> {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    const operation = operationOf(request.headers, 'AmazonEC2ContainerServiceV20141113');
    const { cluster, service } = this.#options;
    if (operation === 'DescribeServices') {
      const requested = describeSchema.parse(body);
      if (requested.cluster !== cluster) return jsonAnswer(400, { __type: 'ClusterNotFoundException' });
      const found = requested.services.filter((name) => name === service);
      const described = { serviceName: service, desiredCount: this.#desired, runningCount: this.running };
      return jsonAnswer(200, { services: found.map(() => described), failures: [] });
    }
    if (operation === 'UpdateService') {
      const requested = updateSchema.parse(body);
      if (requested.service !== service) return jsonAnswer(400, { __type: 'ServiceNotFoundException' });
      await this.scaleTo(requested.desiredCount);
      return jsonAnswer(200, { service: { serviceName: service, desiredCount: this.#desired } });
    }
    throw new Error(`unexpected request to ecs: ${operation}`);
  }

  /** Starts or stops tasks; stopping ends when they have exited. */
  async scaleTo(count: number): Promise<void> {
    this.#desired = Math.min(count, this.#options.maxWorkers);
    while (this.#tasks.length < this.#desired) this.#start();
    await Promise.all(this.#tasks.slice(this.#desired).map((task) => this.#stop(task)));
  }

  async close(): Promise<void> {
    await this.scaleTo(0);
    this.#agent.close();
    this.#agent.closeAllConnections();
  }

  #start(): void {
    const { command, folder, user, environment } = this.#options;
    const [program = '', ...args] = command;
    const id = `task${this.exitCodes.length + this.#tasks.length + 1}`;
    const child = spawn(program, args, {
      cwd: folder,
      // Only root may start processes of other users.
      ...(process.getuid?.() === 0 ? user : {}),
      // As ECS sets them: the credentials of the task's role, and the agent that protects the task.
      env: {
        ...environment,
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${this.#agentUri}/credentials`,
        ECS_AGENT_URI: `${this.#agentUri}/${id}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit').then(([code]): number | null => (typeof code === 'number' ? code : null));
    const task: Task = { id, process: child, exited, output: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        task.output += text;
      });
    }
    this.#tasks.push(task);
    void exited.then((code) => {
      this.exitCodes.push(code);
      this.#ended += task.output;
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      return this.#options.onStopped(this.#stoppedEvent(id, code));
    });
  }

  /** As ECS publishes it on EventBridge. */
  #stoppedEvent(id: string, exitCode: number | null): Readonly<Record<string, unknown>> {
    const { region, account, cluster } = this.#options;
    const arn = (resource: string) => `arn:aws:ecs:${region}:${account}:${resource}`;
    return {
      source: 'aws.ecs',
      'detail-type': 'ECS Task State Change',
      detail: {
        clusterArn: arn(`cluster/${cluster}`),
        taskArn: arn(`task/${cluster}/${id}`),
        lastStatus: 'STOPPED',
        stopCode: this.#tasks.length < this.#desired ? 'EssentialContainerExited' : 'ServiceSchedulerInitiated',
        stoppedReason: 'Essential container in task exited',
        // A container that a signal has ended has the exit code of a shell for it.
        containers: [{ name: 'Worker', lastStatus: 'STOPPED', exitCode: exitCode ?? 137 }],
      },
    };
  }

  async #stop({ process: child, exited }: Task): Promise<void> {
    child.kill('SIGTERM');
    await exited;
  }

  async #answerTask(method: string, url: string, body: unknown): Promise<Answer> {
    const { credentials, authorizer, principal, region, account, cluster } = this.#options;
    if (method === 'GET' && url === '/credentials') {
      return jsonAnswer(200, {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
      });
    }
    const [, id = ''] = /^\/([^/]+)\/task-protection\/v1\/state$/.exec(url) ?? [];
    if (method !== 'PUT' || id === '') throw new Error(`unexpected request to the ECS agent: ${method} ${url}`);
    const { ProtectionEnabled } = z.looseObject({ ProtectionEnabled: z.boolean() }).parse(body);
    const resource = `arn:aws:ecs:${region}:${account}:task/${cluster}/${id}`;
    // The agent asks ECS with the task's role.
    if (await authorizer.isAllowed(principal, { action: 'ecs:UpdateTaskProtection', resource })) {
      this.protections.push(ProtectionEnabled);
      return jsonAnswer(200, { protection: { ProtectionEnabled, TaskArn: resource } });
    }
    return jsonAnswer(400, {
      error: { Arn: resource, Code: 'AccessDeniedException', Message: `not authorized: ecs:UpdateTaskProtection` },
    });
  }
}
