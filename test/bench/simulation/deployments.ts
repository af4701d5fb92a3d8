import { type Deployment, parseDeployment } from '../../../bench/simulation/template/deployment.ts';
import type { StageSettings } from '../../infra/run-app.ts';
import { synthesize } from '../../infra/synthesize.ts';

type Properties = Record<string, unknown>;

/** Changes the properties of a resource; returns whether it did. */
export type Change = (id: string, type: string, properties: Properties) => boolean;

/** The deployment of a synthesized template, or of one with a wrong value. */
export function deploymentOf(settings: StageSettings = {}, change?: Change): Deployment {
  return parseDeployment(templateOf(settings, change));
}

/**
 * A synthesized template, or one with a wrong value.
 * @throws if the change applies to nothing
 */
export function templateOf(settings: StageSettings = {}, change?: Change): unknown {
  const resources = structuredClone(synthesize(settings)).map(({ id, ...resource }) => ({ id, resource }));
  if (change !== undefined) {
    const changed = resources.filter(({ id, resource }) => change(id, resource.Type, resource.Properties));
    if (changed.length === 0) throw new Error('no resource was changed');
  }
  return { Resources: Object.fromEntries(resources.map(({ id, resource }) => [id, resource])) };
}

/** Sets properties of the resources of a type whose id contains a name. */
export function setting(type: string, name: string, values: Properties): Change {
  return (id, found, properties) => {
    if (found !== type || !id.includes(name)) return false;
    Object.assign(properties, values);
    return true;
  };
}

/** Replaces text in the expressions of an alarm. */
export function rewriting(name: string, from: string, to: string): Change {
  return (id, type, properties) => {
    if (type !== 'AWS::CloudWatch::Alarm' || !id.includes(name)) return false;
    const before = JSON.stringify(properties['Metrics']);
    properties['Metrics'] = JSON.parse(before.replaceAll(from, to));
    return JSON.stringify(properties['Metrics']) !== before;
  };
}
