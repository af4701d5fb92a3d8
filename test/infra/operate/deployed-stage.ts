import { z } from 'zod';
import { httpAnswers } from '../../support/http-answers.ts';
import type { Synthesized } from '../synthesize.ts';

/** What can be stopped of a deployed stage, and what was requested of it. */
export interface DeployedStage {
  readonly url: string;
  /** Whether the event sources are on, by the beginning of their logical id. */
  readonly eventSources: Map<string, boolean>;
  /** States that Lambda reports of an event source, one per request, before that of `eventSources`. */
  readonly passingStates: Map<string, string[]>;
  /** Operations that AWS denies, or answers with this error, by name; those of an event source with its name. */
  readonly errors: Map<string, string>;
  /** Logical ids of resources that CloudFormation has deleted already. */
  readonly deleted: Set<string>;
  /** When the event sources changed last, milliseconds since 1970. The functions that they called have long ended. */
  changedAt: number;
  scaling: 'active' | 'suspended' | 'deleted';
  desiredWorkers: number;
  /** ARNs of running tasks. Workers that hold messages are protected: a smaller number of workers does not end them. */
  readonly tasks: Set<string>;
  stackPolicy: string | undefined;
  /** The operations that change something. */
  readonly writes: string[];
  /** Requests that the stand-in does not know: a test expects none. */
  readonly unexpected: string[];
}

interface Answer {
  /** @default 200 */
  readonly status?: number;
  readonly type: string;
  readonly body: string;
}

const cluster = 'cluster';
const suspension = z.strictObject({
  ServiceNamespace: z.literal('ecs'),
  ResourceId: z.literal(`service/${cluster}/workers`),
  ScalableDimension: z.literal('ecs:service:DesiredCount'),
  SuspendedState: z.strictObject({ DynamicScalingOutSuspended: z.boolean() }),
});

const taskRequest = z.strictObject({ cluster: z.literal(cluster), serviceName: z.literal('workers') });

/**
 * A stand-in for the services of AWS in which a synthesized stage is deployed. It answers what `stop` and `resume` request, and
 * nothing else.
 */
export async function deployStage(made: Synthesized, stackName = 'inception-batch-dev'): Promise<DeployedStage> {
  const mappings = made.filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
  const nameOf = (id: string) => id.replace(/Function.*/, '');
  const hasWorkers = made.some(({ Type }) => Type === 'AWS::ECS::Service');
  const stage: DeployedStage = {
    url: await httpAnswers(({ method, url = '', headers }, body, response) => {
      const target = headers['x-amz-target'];
      const answer =
        typeof target === 'string'
          ? jsonAnswer(target, JSON.parse(body))
          : url === '/'
            ? queryAnswer(Object.fromEntries(new URLSearchParams(body)))
            : mappingAnswer(`${method}`, url, body);
      if (answer === undefined) {
        stage.unexpected.push(`${method} ${url} ${target} ${body}`);
        response.writeHead(400).end();
        return;
      }
      response.writeHead(answer.status ?? 200, { 'content-type': answer.type }).end(answer.body);
    }),
    eventSources: new Map(mappings.map(({ id, Properties }) => [nameOf(id), Properties['Enabled'] !== false])),
    passingStates: new Map(),
    errors: new Map(),
    deleted: new Set(),
    changedAt: 0,
    tasks: new Set(hasWorkers ? ['task-1', 'task-2'] : []),
    scaling: 'active',
    desiredWorkers: hasWorkers ? 2 : 0,
    stackPolicy: undefined,
    writes: [],
    unexpected: [],
  };
  return stage;

  function queryAnswer({ Action, StackName, NextToken, StackPolicyBody }: Record<string, string>): Answer | undefined {
    const xml = (content: string) => ({
      type: 'text/xml',
      body: `<${Action}Response><${Action}Result>${content}</${Action}Result></${Action}Response>`,
    });
    if (StackName !== stackName) {
      const message = `Stack with id ${StackName} does not exist`;
      const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`;
      return { status: 400, type: 'text/xml', body: `<ErrorResponse>${error}</ErrorResponse>` };
    }
    const code = stage.errors.get(`${Action}`);
    if (code !== undefined) {
      const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>not authorized</Message></Error>`;
      return { status: 403, type: 'text/xml', body: `<ErrorResponse>${error}</ErrorResponse>` };
    }
    switch (Action) {
      case 'ListStackResources': {
        // Two pages, as with more than a hundred resources.
        const [from, to] = NextToken === undefined ? [0, 50] : [50, made.length];
        const members = made
          .slice(from, to)
          .map(
            ({ id, Type }) =>
              `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>${Type}</ResourceType><PhysicalResourceId>${physicalId(id, Type)}</PhysicalResourceId><ResourceStatus>${stage.deleted.has(id) ? 'DELETE_COMPLETE' : 'CREATE_COMPLETE'}</ResourceStatus></member>`,
          );
        const token = NextToken === undefined ? '<NextToken>more</NextToken>' : '';
        return xml(`<StackResourceSummaries>${members.join('')}</StackResourceSummaries>${token}`);
      }
      case 'GetTemplate': {
        const Resources = Object.fromEntries(made.map(({ id, ...resource }) => [id, resource]));
        return xml(`<TemplateBody>${escaped(JSON.stringify({ Resources }))}</TemplateBody>`);
      }
      case 'GetStackPolicy':
        return xml(stage.stackPolicy ? `<StackPolicyBody>${escaped(stage.stackPolicy)}</StackPolicyBody>` : '');
      case 'SetStackPolicy':
        stage.stackPolicy = StackPolicyBody;
        stage.writes.push('SetStackPolicy');
        return xml('');
      default:
        return undefined;
    }
  }

  function mappingAnswer(method: string, url: string, body: string): Answer | undefined {
    const [, name = ''] = /^\/2015-03-31\/event-source-mappings\/uuid-(\w+)$/.exec(url) ?? [];
    const enabled = stage.eventSources.get(name);
    if (enabled === undefined) return undefined;
    const json = (State: string) => ({
      type: 'application/json',
      body: JSON.stringify({ State, LastModified: stage.changedAt / 1000 }),
    });
    const code = stage.errors.get(`${method} ${name}`);
    if (code !== undefined) return refusal(code);
    const passing = stage.passingStates.get(name);
    if (method === 'GET') return json(passing?.shift() ?? (enabled ? 'Enabled' : 'Disabled'));
    if (method !== 'PUT') return undefined;
    if (passing?.length) return refusal('ResourceInUseException');
    const { Enabled } = z.strictObject({ Enabled: z.boolean() }).parse(JSON.parse(body));
    stage.eventSources.set(name, Enabled);
    stage.writes.push(`UpdateEventSourceMapping ${name}`);
    return json(Enabled ? 'Enabling' : 'Disabling');
  }

  function jsonAnswer(target: string, input: unknown): Answer | undefined {
    const json = (output: object) => ({ type: 'application/x-amz-json-1.1', body: JSON.stringify(output) });
    const operation = target.slice(target.indexOf('.') + 1);
    const code = stage.errors.get(operation);
    if (code !== undefined) return refusal(code);
    switch (operation) {
      case 'DescribeScalableTargets': {
        if (stage.scaling === 'deleted') return json({ ScalableTargets: [] });
        const SuspendedState = { DynamicScalingOutSuspended: stage.scaling === 'suspended' };
        return json({ ScalableTargets: [{ ResourceId: `service/${cluster}/workers`, SuspendedState }] });
      }
      case 'RegisterScalableTarget':
        stage.scaling = suspension.parse(input).SuspendedState.DynamicScalingOutSuspended ? 'suspended' : 'active';
        stage.writes.push('RegisterScalableTarget');
        return json({});
      case 'DescribeServices':
        return json({ services: [{ serviceName: 'workers', desiredCount: stage.desiredWorkers }] });
      case 'UpdateService':
        stage.desiredWorkers = z.looseObject({ desiredCount: z.number() }).parse(input).desiredCount;
        stage.writes.push('UpdateService');
        return json({ service: {} });
      case 'ListTasks':
        taskRequest.parse(input);
        return json({ taskArns: [...stage.tasks] });
      case 'StopTask': {
        const { task } = z.looseObject({ cluster: z.literal(cluster), task: z.string() }).parse(input);
        stage.writes.push('StopTask');
        return stage.tasks.delete(task) ? json({ task: {} }) : undefined;
      }
      default:
        return undefined;
    }
  }

  function physicalId(id: string, type: string): string {
    if (type === 'AWS::Lambda::EventSourceMapping') return `uuid-${nameOf(id)}`;
    if (type === 'AWS::ECS::Service') return `arn:aws:ecs:eu-central-1:123456789012:service/${cluster}/workers`;
    return id;
  }
}

function refusal(code: string): Answer {
  return { status: 400, type: 'application/json', body: JSON.stringify({ __type: code, message: 'refused' }) };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
