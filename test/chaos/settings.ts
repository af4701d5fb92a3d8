/** `SEED=7 IMAGES=5000 DELAY_MS=30000 npm run test:chaos` repeats a run, or runs a longer one. */
export const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
export const imageCount = Number(process.env['IMAGES'] ?? 240);
/** Clients wait for 6 seconds: a longer delay takes more time and changes nothing else. */
export const delayMs = Number(process.env['DELAY_MS'] ?? 7_000);
