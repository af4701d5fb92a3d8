/** More boxes rarely hold another object, see docs/regions.md. */
export const defaultMaxRegions = 200;
