import type { ImageDetail } from '../../server/responses.ts';
import { formatPercent, labelName, readableName } from '../format.ts';
import { navigate } from '../state/route.ts';

/** The results of other models for the same image, each with a button that shows its detail. */
export function OtherResults({ image: { modelName, others } }: { image: ImageDetail }) {
  if (modelName === null || others.length === 0) return null;
  return (
    <section>
      <h3>Other models</h3>
      <p class="muted">Shown: the result of {modelName}.</p>
      <ul class="others">
        {others.map((other) => (
          <li key={other.id}>
            <button type="button" class="quiet" onClick={() => navigate({ image: other.id }, 'replace')}>
              {other.modelName}
            </button>{' '}
            {other.label === null ? readableName(other.reason ?? other.status) : labelName(other)}{' '}
            <span class="number">{other.probability === null ? '' : formatPercent(other.probability)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
