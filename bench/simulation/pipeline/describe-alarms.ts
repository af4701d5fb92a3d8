import { duration as milliseconds } from '../../../cli/terminal/duration.ts';
import type { RaisedAlarm } from './watch.ts';

/** Alarms with the time after which each went off, only the first time. */
export function describeAlarms(alarms: readonly RaisedAlarm[]): string {
  const first = alarms.filter(({ id }, index) => alarms.findIndex((alarm) => alarm.id === id) === index);
  return first.map(({ id, at }) => `${alarmName(id)} after ${duration(at)}`).join(', ');
}

/** The logical id of an alarm without its hash and the construct that contains it. */
export function alarmName(id: string): string {
  return id.replace(/[0-9A-F]{8}(?= |$)/, '').replace(/^.*?Alarms/, '');
}

/** Seconds as text. */
export function duration(seconds: number | undefined): string {
  return seconds === undefined ? 'never' : milliseconds(seconds * 1000);
}
