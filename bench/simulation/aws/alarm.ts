import { UserError } from '../../../shared/failures/user-error.ts';
import type { AlarmDefinition, AlarmInput } from '../template/alarms.ts';
import { compileMetricMath, type MetricExpression } from './metric-math.ts';
import type { MetricStore } from './metric-store.ts';

const minute = 60;
/**
 * CloudWatch retrieves more periods than it evaluates, so that values that arrive late replace missing ones ("Configuring how
 * CloudWatch alarms treat missing data").
 */
const extraPeriods = 3;

/** An alarm of the template: evaluated once a minute. */
export class Alarm {
  readonly definition: AlarmDefinition;
  readonly #expressions: ReadonlyMap<string, MetricExpression>;
  #isOn = false;
  #value = 0;

  constructor(definition: AlarmDefinition) {
    this.definition = definition;
    this.#expressions = new Map(
      definition.inputs.flatMap((input) =>
        'expression' in input ? [[input.id, compileMetricMath(input.expression)]] : [],
      ),
    );
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** The latest value that was compared with the threshold. */
  get value(): number {
    return this.#value;
  }

  /** Evaluates the most recent periods; those without a value are treated as the template says. */
  evaluate(metrics: MetricStore, now: number): void {
    const { periodSeconds, evaluationPeriods, datapointsToAlarm, comparison, threshold, missing } = this.definition;
    const values: number[] = [];
    const end = Math.floor(now / minute) * minute;
    const range = evaluationPeriods + extraPeriods;
    for (let period = 0; period < range && values.length < evaluationPeriods; period += 1) {
      const value = this.#read(metrics, this.definition.compared, { end: end - period * periodSeconds, now });
      if (value !== undefined) values.push(value);
    }
    const absent = evaluationPeriods - values.length;
    const breaching = values.filter((value) => comparison(value, threshold)).length;
    this.#isOn = breaching + (missing === 'breaching' ? absent : 0) >= datapointsToAlarm;
    this.#value = values.find((value) => comparison(value, threshold)) ?? threshold;
  }

  #read(metrics: MetricStore, id: string, at: { readonly end: number; readonly now: number }): number | undefined {
    const input = this.#input(id);
    if ('metric' in input) {
      return metrics.read(input.metric, input.statistic, { ...at, periodSeconds: input.periodSeconds });
    }
    const expression = this.#expressions.get(id);
    return expression?.evaluate(new Map(expression.inputs.map((name) => [name, this.#read(metrics, name, at)])));
  }

  #input(id: string): AlarmInput {
    const input = this.definition.inputs.find((candidate) => candidate.id === id);
    if (input === undefined) throw new UserError(`the alarm ${this.definition.id} has no input ${id}`);
    return input;
  }
}
