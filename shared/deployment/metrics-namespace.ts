/** The CloudWatch namespace of a deployment's metrics; deployments in one account have different ones. */
export function metricsNamespace(environment: NodeJS.ProcessEnv = process.env): string {
  return environment['METRICS_NAMESPACE'] || 'inception-batch';
}
