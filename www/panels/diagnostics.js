/**
 * What a report of a fault needs to say about this device. No name of a file and no pixel is in it.
 */
import { find } from '../core/dom.js';
import { assets } from '../offline/integrity.js';

/** @import { CaseState, ModelInfo, Standing } from '../core/types.js' */
/** @typedef {() => {standing: Standing | null, failure: string | null, tried: string[], model: ModelInfo | null, cases: CaseState[]}} Known */

/** The limits that decide whether the network runs. */
const LIMITS = /** @type {const} */ ([
  'maxBufferSize', 'maxStorageBufferBindingSize', 'maxStorageBuffersPerShaderStage', 'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize', 'maxComputeWorkgroupsPerDimension',
]);

export class Diagnostics {
  #text = /** @type {HTMLTextAreaElement} */ (find('#diagnostics'));
  #said = find('#copied');
  #known;

  /** @param {Known} known */
  constructor(known) {
    this.#known = known;
    find('#device').addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') void this.refresh();
    });
    find('#copy-diagnostics').addEventListener('click', () => void this.#copy());
  }

  async refresh() {
    this.#said.textContent = '';
    this.#text.value = JSON.stringify({ ...gathered(this.#known()), site: await site(), gpu: await gpu() }, null, 2);
  }

  async #copy() {
    this.#text.select();
    // Where there is no clipboard for pages, the old way still works on what is selected.
    const copied = await navigator.clipboard?.writeText(this.#text.value).then(() => true, () => false);
    this.#said.textContent = copied || document.execCommand('copy') ? 'Copied' : 'Select it and copy by hand';
  }
}

/** @param {ReturnType<Known>} known */
function gathered({ standing, failure, tried, model, cases }) {
  const times = cases.flatMap(({ slices }) => slices.flatMap(({ milliseconds }) => milliseconds ?? [])).sort((a, b) => a - b);
  const faults = cases.flatMap(({ slices }) => slices.flatMap(({ fault }) => fault?.kind ?? []));
  const { userAgent, hardwareConcurrency, language, onLine } = navigator;
  return {
    version: standing && model && `${standing.version}, weights ${model.version}`,
    page: location.origin + location.pathname,
    model: model && { name: model.name, sha256: model.sha256, threshold: model.threshold },
    runs: standing && { ...standing, version: undefined, limits: undefined, features: undefined },
    failure,
    tried,
    slices: {
      cases: cases.length,
      all: cases.reduce((sum, { slices }) => sum + slices.length, 0),
      timed: times.length,
      medianMilliseconds: times.length > 0 ? times[times.length >> 1] : null,
      slowestMilliseconds: times.at(-1) ?? null,
      faults,
    },
    browser: {
      userAgent,
      language,
      cores: hardwareConcurrency,
      onLine,
      isolated: crossOriginIsolated,
      screen: `${innerWidth} × ${innerHeight} at ${devicePixelRatio}`,
    },
    time: new Date().toISOString(),
  };
}

/** Which version of the site this is; in development there is none. */
async function site() {
  return (await assets().catch(() => null))?.version ?? null;
}

/** What this browser says of its GPU, whether or not the network runs there. */
async function gpu() {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return navigator.gpu ? 'no adapter' : 'no WebGPU';
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return {
    adapter: { vendor, architecture, device, description, isFallbackAdapter },
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  };
}
