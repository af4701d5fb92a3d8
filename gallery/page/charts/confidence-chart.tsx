import { formatCount, formatNumber, formatPercent } from '../format.ts';

interface ConfidenceChartProps {
  /** Histogram of the label probability, in bins of equal width from 0 to 1. */
  readonly probabilities: readonly number[];
  /** Bins below it are drawn faintly. */
  readonly min: number;
}

const [width, height] = [240, 76];

/** The histogram of the label probability, and the same numbers as an accessible table. */
export function ConfidenceChart({ probabilities, min }: ConfidenceChartProps) {
  const max = Math.max(1, ...probabilities);
  const total = probabilities.reduce((sum, images) => sum + images, 0);
  const step = width / probabilities.length;
  const confident = probabilities.slice(Math.ceil(probabilities.length * 0.9)).reduce((sum, images) => sum + images, 0);
  const summary = `Images by confidence: ${formatNumber(confident)} of ${formatCount(total, 'image')} at 90 % or more`;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${width} ${height + 1}`} role="img" aria-label={summary}>
        <line class="axis" x1="0" x2={width} y1={height + 0.5} y2={height + 0.5} />
        {probabilities.map((images, index) => {
          const bar = images === 0 ? 0 : Math.max(1.5, (images / max) * (height - 4));
          const isBelow = (index + 1) / probabilities.length <= min + 1e-9;
          return (
            <rect
              key={index}
              class={isBelow ? 'bar out' : 'bar'}
              x={index * step + 1}
              y={height - bar}
              width={step - 2}
              height={bar}
              rx="1.5"
            />
          );
        })}
      </svg>
      <p class="scale" aria-hidden="true">
        <span>0 %</span>
        <span>50 %</span>
        <span>100 %</span>
      </p>
      <details>
        <summary>Show as a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Confidence</th>
              <th scope="col">Images</th>
            </tr>
          </thead>
          <tbody>
            {probabilities.map((images, index) => (
              <tr key={index}>
                <th scope="row">
                  {formatPercent(index / probabilities.length)} – {formatPercent((index + 1) / probabilities.length)}
                </th>
                <td>{formatNumber(images)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
