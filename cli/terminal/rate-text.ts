/**
 * A rate for people: `1,250/s`, `45/s`, `5.0/s`, `0.4/s`. A rate below 0.1 per second is given per minute or per hour, so that
 * slow work is not shown as 0: `2.4/min`, `1.5/h`, `< 0.1/h`.
 * @param unit of what is counted, with a space before it, such as ` images`
 */
export function rateText(perSecond: number, unit = ''): string {
  if (perSecond === 0) return `0${unit}/s`;
  const period = periods.find(({ seconds }) => perSecond * seconds >= smallest);
  if (period === undefined) return `< ${smallest}${unit}/h`;
  const count = perSecond * period.seconds;
  const text = count < 9.95 ? count.toFixed(1) : Math.round(count).toLocaleString('en');
  return `${text}${unit}/${period.name}`;
}

const smallest = 0.1;
const periods = [
  { seconds: 1, name: 's' },
  { seconds: 60, name: 'min' },
  { seconds: 3600, name: 'h' },
] as const;
