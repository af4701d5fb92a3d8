import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties } from '@aws-cdk/service-spec-types';
import type { Synthesized } from './synthesize.ts';

/** CloudFormation's resource types, as AWS publishes their schemas. */
const database = loadAwsServiceSpecSync();

/** What a template contains that CloudFormation's schema of the resource does not allow; custom resources are not checked. */
export function resourceFaults(resources: Synthesized): string[] {
  return resources.flatMap(({ id, Type, Properties }) => {
    if (Type.startsWith('Custom::')) return [];
    const [type] = database.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (type === undefined) return [`${id}: ${Type} is not a resource type`];
    return propertyFaults(type.properties, Properties).map((fault) => `${id} (${Type}): ${fault}`);
  });
}

function propertyFaults(properties: ResourceProperties, given: Readonly<Record<string, unknown>>): string[] {
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required && given[name] === undefined)
    .map(([name]) => `${name} is missing`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = properties[name];
    if (property === undefined) return [`${name} is not a property`];
    return valueFaults(property.type, value).map((fault) => `${name} ${fault}`);
  });
  return [...missing, ...wrong];
}

/** Faults of a value, each as the end of a sentence about the property that contains it. */
function valueFaults(type: PropertyType, value: unknown): string[] {
  if (isIntrinsic(value)) return [];
  switch (type.type) {
    case 'json':
      return [];
    case 'string':
    case 'date-time':
      return expectThat(typeof value === 'string', 'text', value);
    case 'boolean':
      return expectThat(typeof value === 'boolean', 'true or false', value);
    case 'number':
      return expectThat(typeof value === 'number', 'a number', value);
    case 'integer':
      return expectThat(Number.isInteger(value), 'a whole number', value);
    case 'array':
      if (!Array.isArray(value)) return expectThat(false, 'a list', value);
      return value.flatMap((entry, index) => valueFaults(type.element, entry).map((fault) => `[${index}] ${fault}`));
    case 'map':
      if (!isRecord(value)) return expectThat(false, 'an object', value);
      return Object.entries(value).flatMap(([key, entry]) =>
        valueFaults(type.element, entry).map((fault) => `.${key} ${fault}`),
      );
    case 'tag':
      return expectThat(isRecord(value) && 'Key' in value && 'Value' in value, 'a tag', value);
    case 'ref':
      if (!isRecord(value)) return expectThat(false, 'an object', value);
      return propertyFaults(database.get('typeDefinition', type.reference.$ref).properties, value).map(
        (fault) => `: ${fault}`,
      );
    case 'union': {
      const all = type.types.map((one) => valueFaults(one, value));
      return all.some((faults) => faults.length === 0) ? [] : (all[0] ?? []);
    }
    case 'null':
      return expectThat(value === null, 'null', value);
  }
}

function expectThat(valid: boolean, expected: string, value: unknown): string[] {
  return valid ? [] : [`must be ${expected}, not ${JSON.stringify(value)}`];
}

/** Resolved by CloudFormation, when the template is deployed. */
function isIntrinsic(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::'));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
