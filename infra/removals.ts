import type { DeployedSettings } from './deployed-settings.ts';

/** What can be removed from a deployed stage by omitting a setting. */
export const removable = ['model', 'workers', 'dropBucket', 'dropKey', 'customerKey', 'production'] as const;

export interface Removal {
  readonly allowance: (typeof removable)[number];
  /** What is deployed, and what replaces it. */
  readonly text: string;
}

/** Another model is an ordinary change, and so is a shorter prefix, under which more is watched. */
export function removalsBetween(deployed: DeployedSettings, next: DeployedSettings): Removal[] {
  const removals: Removal[] = [];
  if (deployed.model !== null && next.model === null) {
    removals.push({ allowance: 'model', text: `the model ${deployed.model}, now none` });
  }
  if (deployed.classifier !== 'lambda' && next.classifier === 'lambda') {
    removals.push({ allowance: 'workers', text: `${deployed.classifier.toUpperCase()} workers, now a function` });
  }
  if (JSON.stringify(deployed.dropBucket) !== JSON.stringify(next.dropBucket)) {
    const text = `${bucketText(deployed.dropBucket)}, now ${bucketText(next.dropBucket)}`;
    // Another bucket has another key.
    removals.push({ allowance: 'dropBucket', text });
  } else {
    if (!deployed.dropPrefix.startsWith(next.dropPrefix)) {
      const before = deployed.dropPrefix === '' ? 'no dropPrefix' : `the dropPrefix ${deployed.dropPrefix}`;
      removals.push({ allowance: 'dropBucket', text: `${before}, now ${next.dropPrefix}` });
    }
    if (deployed.dropKey !== null && JSON.stringify(deployed.dropKey) !== JSON.stringify(next.dropKey)) {
      const after = next.dropKey === null ? 'none' : nameOf(next.dropKey);
      removals.push({ allowance: 'dropKey', text: `the dropKey ${nameOf(deployed.dropKey)}, now ${after}` });
    }
  }
  for (const allowance of ['customerKey', 'production'] as const) {
    if (deployed[allowance] && !next[allowance]) removals.push({ allowance, text: `${allowance} true, now false` });
  }
  return removals;
}

function bucketText(bucket: DeployedSettings['dropBucket']): string {
  if (bucket === null) return 'a drop bucket of its own';
  return `the drop bucket ${nameOf(bucket)}`;
}

function nameOf(value: DeployedSettings['dropBucket']): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
