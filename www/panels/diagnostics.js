/**
 * Diagnostics of this device for a bug report. They contain no file names and no image data.
 */
import { find } from '../core/dom.js';
import { assets } from '../offline/integrity.js';
import { limitsOf } from '../worker/gpu.js';

/** @import { CaseState, DeviceReport, ModelInfo } from '../core/types.js' */
/** @typedef {() => {report: DeviceReport | null, failure: string | null, failures: string[], model: ModelInfo | null, cases: CaseState[]}} State `failure`: why nothing runs; `failures`: of earlier workers */

export class Diagnostics {
  #text = /** @type {HTMLTextAreaElement} */ (find('#diagnostics'));
  #copied = find('#copied');
  #state;

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
    find('#device').addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') void this.#update();
    });
    find('#copy-diagnostics').addEventListener('click', () => void this.#copy());
  }

  async #update() {
    this.#copied.textContent = '';
    this.#text.value = JSON.stringify({ ...summary(this.#state()), site: await siteVersion(), gpu: await gpu() }, null, 2);
  }

  async #copy() {
    this.#text.select();
    // Without a clipboard API, the old command copies the selected text.
    const copied = await navigator.clipboard?.writeText(this.#text.value).then(() => true, () => false);
    this.#copied.textContent = copied || document.execCommand('copy') ? 'Copied' : 'Select the text and copy it';
  }
}

/** @param {ReturnType<State>} state */
function summary({ report, failure, failures, model, cases }) {
  const times = cases.flatMap(({ slices }) => slices.flatMap(({ milliseconds }) => milliseconds ?? [])).sort((a, b) => a - b);
  const faults = cases.flatMap(({ slices }) => slices.flatMap(({ fault }) => fault?.code ?? []));
  const { userAgent, hardwareConcurrency, language, onLine } = navigator;
  return {
    version: report && model && `${report.version}, weights ${model.version}`,
    page: location.origin + location.pathname,
    model: model && { name: model.name, sha256: model.sha256, threshold: model.threshold },
    runs: report && { ...report, version: undefined, limits: undefined, features: undefined },
    failure,
    tried: failures,
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

/** The version of the site; null in development. */
async function siteVersion() {
  return (await assets().catch(() => null))?.version ?? null;
}

/** The browser's GPU, whether or not the network runs on it. */
async function gpu() {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return navigator.gpu ? 'no adapter' : 'no WebGPU';
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  return {
    adapter: { vendor, architecture, device, description, isFallbackAdapter },
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter),
  };
}
