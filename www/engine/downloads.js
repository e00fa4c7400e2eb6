/**
 * The files that workers compute with. The page downloads them once for all its workers: the preloads in `index.html` serve
 * the page's requests, not those of workers.
 */
import { assets } from '../offline/integrity.js';
import { fetchBytes, fetchModule } from '../offline/verified-fetch.js';

/**
 * @typedef {object} WorkerFiles
 * @property {WebAssembly.Module} module
 * @property {Uint8Array} manifest `model.json`
 * @property {Uint8Array} weights
 * @property {Uint8Array} [card] `card.json`
 */

const MODULE = 'pkg/glioscope_bg.wasm';
const GPU_MODULE = 'pkg/gpu_bg.wasm';
const MANIFEST = 'model/model.json';
const WEIGHTS = 'model/weights.safetensors';
const CARD = 'model/card.json';
/** What a worker on the CPU needs. */
const CPU_FILES = [MODULE, MANIFEST, WEIGHTS, CARD];

/** Progress is reported at most this often. */
const REPORT_MS = 100;

export class Downloads {
  #onProgress;
  /** By path below `www`. @type {Map<string, Promise<any>>} */
  #files = new Map();
  /** The bytes that have arrived of each of `CPU_FILES`. @type {Map<string, number>} */
  #received = new Map();
  /** The bytes of all `CPU_FILES`; null where the host has no list of its files. @type {number | null} */
  #total = null;
  /** Whether a report is scheduled. */
  #scheduled = false;

  /** @param {(received: number, total: number | null) => void} onProgress gets bytes before compression, of the files for the CPU */
  constructor(onProgress) {
    this.#onProgress = onProgress;
    void this.#findTotal();
  }

  /** The files for a worker on the CPU. Those that arrived are kept; a failed one is requested again by the next call. @returns {Promise<WorkerFiles>} */
  async cpu() {
    const [module, manifest, weights, card] = await Promise.all([
      this.#once(MODULE, fetchModule),
      this.#once(MANIFEST, fetchBytes),
      this.#once(WEIGHTS, fetchBytes),
      this.#once(CARD, fetchBytes),
    ]);
    return { module, manifest, weights, card };
  }

  /** The files for the worker on WebGPU. Its module is not kept: it is large, and there is one such worker. @returns {Promise<WorkerFiles>} */
  async gpu() {
    const [module, manifest, weights] = await Promise.all([
      fetchModule(GPU_MODULE),
      this.#once(MANIFEST, fetchBytes),
      this.#once(WEIGHTS, fetchBytes),
    ]);
    return { module, manifest, weights };
  }

  /**
   * @template T
   * @param {string} path
   * @param {(path: string, onChunk: (bytes: number) => void) => Promise<T>} request
   * @returns {Promise<T>}
   */
  #once(path, request) {
    const known = this.#files.get(path);
    if (known) return known;
    this.#received.set(path, 0);
    const file = request(path, (bytes) => this.#count(path, bytes));
    this.#files.set(path, file);
    file.catch(() => this.#files.delete(path));
    return file;
  }

  async #findTotal() {
    // Each file waits for the list too, and reports a failure.
    const known = await assets().catch(() => null);
    if (!known) return;
    this.#total = CPU_FILES.reduce((sum, path) => sum + known.bytes[`www/${path}`], 0);
    this.#report();
  }

  /** @param {string} path @param {number} bytes */
  #count(path, bytes) {
    this.#received.set(path, (this.#received.get(path) ?? 0) + bytes);
    this.#report();
  }

  #report() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.#onProgress([...this.#received.values()].reduce((sum, bytes) => sum + bytes, 0), this.#total);
    }, REPORT_MS);
  }
}
