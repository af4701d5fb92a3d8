/** Milliseconds of processor time that this thread needs for some work: unlike wall time, other processes add little to it. */
export async function processorTime(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
