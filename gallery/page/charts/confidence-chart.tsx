import { formatCount, formatNumber, formatPercent } from '../format.ts';

interface ConfidenceChartProps {
  /** Images by the probability of their label, in steps of equal width from 0 to 1. */
  readonly probabilities: readonly number[];
  /** What is below is drawn faint. */
  readonly min: number;
}

const [width, height] = [240, 76];

/** How certain the network is of its labels: a histogram, and the same as a table for those who do not see it. */
export function ConfidenceChart({ probabilities, min }: ConfidenceChartProps) {
  const most = Math.max(1, ...probabilities);
  const total = probabilities.reduce((sum, images) => sum + images, 0);
  const step = width / probabilities.length;
  const certain = probabilities.slice(Math.ceil(probabilities.length * 0.9)).reduce((sum, images) => sum + images, 0);
  const summary = `Images by certainty: ${formatNumber(certain)} of ${formatCount(total, 'image')} at 90 % or more`;
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${width} ${height + 1}`} role="img" aria-label={summary}>
        <line class="axis" x1="0" x2={width} y1={height + 0.5} y2={height + 0.5} />
        {probabilities.map((images, index) => {
          const bar = images === 0 ? 0 : Math.max(1.5, (images / most) * (height - 4));
          const isOut = (index + 1) / probabilities.length <= min + 1e-9;
          return (
            <rect
              key={index}
              class={isOut ? 'bar out' : 'bar'}
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
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Certainty</th>
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
