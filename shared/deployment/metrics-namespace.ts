/** CloudWatch namespace of what programs report about themselves; deployments side by side each have one of their own. */
export function metricsNamespace(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['METRICS_NAMESPACE'] || 'inception-batch';
}
