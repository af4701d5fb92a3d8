import { assumptions, gpuRate } from '../../../jobs/cost/assumptions.ts';
import { googlenetSize, type NetworkSize } from '../../../jobs/cost/workload.ts';
import { defaultModelName } from '../../../model/catalog/built-in-models.ts';
import type { Catalog } from '../../../model/catalog/catalog-entry.ts';
import { directoryOf, isMade, modelCache } from '../../../model/catalog/model-cache.ts';
import type { ModelSpeed, Speeds } from '../../../plan/speeds.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { modelPath, openCatalog, openModel } from '../models/open-model.ts';
import { sizeOf } from '../network-size.ts';
import { measureCore, measuredMachine } from './measure-core.ts';

export interface SpeedOptions {
  /** A name of the catalog, or a model directory. */
  readonly model?: string;
  /** Crops per second of a core, instead of measuring. */
  readonly rate?: number;
  /** Crops per second of a GPU. */
  readonly gpuRate?: number;
}

/** The models of which a GPU's speed is assumed: GoogLeNet has about as many multiply-adds as the published network. */
const assumedCores = {
  [defaultModelName]: assumptions.floatRate,
  [`${defaultModelName}-int8`]: assumptions.int8Rate,
};

/**
 * The speeds of a model, and on CPUs of its int8 or float counterpart, measured on this machine. Nothing is downloaded.
 * @throws {UserError} for a model that is not on this machine and whose speed is not given or assumed
 */
export async function speedsOf({ model: choice, rate, gpuRate: onGpu }: SpeedOptions): Promise<Speeds> {
  const chosen = await modelPath(choice);
  const catalog = await openCatalog(modelCache(), 'once');
  const models = withCounterpart(chosen, catalog);
  const cores: ModelSpeed[] = [];
  let network: NetworkSize | undefined = chosen in assumedCores ? googlenetSize : undefined;
  // One after another: each uses all cores.
  for (const name of rate === undefined ? models : [chosen]) {
    const model = await openHere(name, catalog);
    if (model !== undefined) network = sizeOf(model.manifest);
    cores.push(
      rate === undefined
        ? await coreSpeed(name, model)
        : { model: name, rate, rateFrom: 'given by --rate', source: 'given' },
    );
  }
  // int8 was not tested on GPUs.
  return { cores, gpu: gpuSpeed(models[0] ?? chosen, onGpu), network };
}

/** A model that is on this machine. */
async function openHere(name: string, catalog: Catalog): Promise<Model | undefined> {
  const entry = catalog.get(name);
  const isHere =
    entry === undefined ||
    entry.recipe.kind === 'included' ||
    (await isMade(directoryOf(entry, catalog, modelCache(), 'fast')));
  return isHere ? (await openModel(name)).model : undefined;
}

/** The float model and its int8 copy, if the catalog has both. */
function withCounterpart(chosen: string, catalog: Catalog): string[] {
  const recipe = catalog.get(chosen)?.recipe;
  if (recipe === undefined) return [chosen];
  const float = recipe.kind === 'int8' ? recipe.of : chosen;
  const copies = [...catalog.values()].filter((entry) => entry.recipe.kind === 'int8' && entry.recipe.of === float);
  return [float, ...copies.map(({ name }) => name)];
}

/** @param opened undefined for a model that is not on this machine */
async function coreSpeed(model: string, opened: Model | undefined): Promise<ModelSpeed> {
  if (opened !== undefined) {
    return {
      model,
      rate: await measureCore(opened),
      rateFrom: `each like one of ${measuredMachine()}`,
      source: 'scaled',
      isInt8: opened.manifest.knownAnswer?.precision === 'int8',
    };
  }
  const assumed = Object.entries(assumedCores).find(([name]) => name === model)?.[1];
  if (assumed !== undefined) return { model, rate: assumed.value, rateFrom: assumed.from, source: 'assumed' };
  throw new UserError(
    `${model} is not on this machine: "${programName()} model pull ${model}" downloads it to be measured; or give --rate`,
  );
}

function gpuSpeed(model: string, rate: number | undefined): ModelSpeed | undefined {
  if (rate !== undefined) return { model, rate, rateFrom: 'given by --gpu-rate', source: 'given' };
  if (!(model in assumedCores)) return undefined;
  return { model, rate: gpuRate.value, rateFrom: gpuRate.from, source: 'published' };
}
