import type { Template } from './read-template.ts';

/** What the service would answer for a reference to a resource. */
export interface References {
  /** Value of `Ref`. */
  ref(id: string, template: Template): unknown;
  /** Value of `Fn::GetAtt`. */
  attribute(id: string, name: string, template: Template): unknown;
}

export interface Environment {
  readonly region: string;
  readonly account: string;
}

/** Resolves values of a template as CloudFormation does. */
export type Resolve = (value: unknown) => unknown;

/**
 * A function that resolves the values of a template.
 * @throws {Error} naming an intrinsic function that it does not know
 */
export function intrinsicsOf(template: Template, { region, account }: Environment, references: References): Resolve {
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': 'stood-up',
    'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/stood-up/1`,
  };
  const ref = (name: string): unknown => {
    if (name in pseudo) return pseudo[name];
    const parameter = template.Parameters[name];
    return parameter === undefined ? references.ref(name, template) : parameter.Default;
  };
  const attribute = (id: string, name: string) => references.attribute(id, name, template);

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => ref(text(name)),
    'Fn::GetAtt': (argument) => {
      const [id, ...path] = typeof argument === 'string' ? argument.split('.') : list(argument).map(text);
      return attribute(id ?? '', path.join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = list(argument);
      return list(resolve(parts)).map(text).join(text(separator));
    },
    'Fn::Sub': (argument) => {
      const [pattern, variables] = typeof argument === 'string' ? [argument, {}] : list(argument);
      return text(pattern).replaceAll(/\$\{(?<literal>!)?(?<name>[^}]+)\}/g, (_, literal, name: string) => {
        if (literal) return `\${${name}}`;
        const value = record(variables)[name];
        if (value !== undefined) return text(resolve(value));
        const [id, ...path] = name.split('.');
        return text(path.length > 0 ? attribute(id ?? '', path.join('.')) : ref(name));
      });
    },
    'Fn::Select': (argument) => {
      const [index, values] = list(argument);
      return list(resolve(values))[Number(resolve(index))];
    },
    'Fn::Split': (argument) => {
      const [separator, value] = list(argument);
      return text(resolve(value)).split(text(separator));
    },
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => region + zone),
    'Fn::Base64': (argument) => Buffer.from(text(resolve(argument))).toString('base64'),
    'Fn::FindInMap': (argument) => {
      const [map, first, second] = list(argument).map((name) => text(resolve(name)));
      return template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
    },
    'Fn::If': (argument) => {
      const [name, yes, no] = list(argument);
      return resolve(condition(text(name)) ? yes : no);
    },
    'Fn::Equals': (argument) => {
      const [first, second] = list(argument).map(resolve);
      return first === second;
    },
    'Fn::Not': (argument) => !resolve(list(argument)[0]),
    'Fn::And': (argument) => list(argument).every((value) => resolve(value) === true),
    'Fn::Or': (argument) => list(argument).some((value) => resolve(value) === true),
    Condition: (name) => condition(text(name)),
  };
  const condition = (name: string): boolean => resolve(template.Conditions[name]) === true;

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((element) => element !== noValue);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [[name, argument] = ['', undefined]] = entries;
    if (entries.length === 1 && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))) {
      if (name === 'Ref' && argument === 'AWS::NoValue') return noValue;
      // A policy's statement also has a field named Condition: that of a template is a name.
      if (name !== 'Condition' || typeof argument === 'string') {
        const evaluate = functions[name];
        if (evaluate === undefined) throw new Error(`unknown intrinsic function ${name}`);
        return evaluate(argument);
      }
    }
    return Object.fromEntries(
      entries.map(([key, field]) => [key, resolve(field)] as const).filter(([, field]) => field !== noValue),
    );
  }
  return resolve;
}

/** The value of `AWS::NoValue`: the property is left out. */
const noValue = Symbol('AWS::NoValue');

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new Error(`expected text but received ${JSON.stringify(value)}`);
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list but received ${JSON.stringify(value)}`);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
