/**
 * Preload of a process whose clock is set back while it works: by `CLOCK_BACK_MS`, after `CLOCK_AFTER_MS` or on SIGUSR2. Timers
 * and `performance.now()` go on, as when the clock of a machine is set.
 */
const { now } = Date;
const back = Number(process.env['CLOCK_BACK_MS']);
let after = Number(process.env['CLOCK_AFTER_MS'] ?? Number.POSITIVE_INFINITY);
process.on('SIGUSR2', () => {
  after = 0;
});
const shiftedNow = () => now() - (performance.now() >= after ? back : 0);

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget),
  get: (target, property, receiver) => (property === 'now' ? shiftedNow : Reflect.get(target, property, receiver)),
});

/** Marks this file as a module. */
export {};
