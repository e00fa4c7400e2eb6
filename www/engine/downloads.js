/**
 * The files that workers compute with. They are downloaded once for all workers.
 */

/** @import { Host, Model, OnChunk } from './host.js' */
/**
 * @typedef {object} WorkerFiles
 * @property {WebAssembly.Module} module
 * @property {Uint8Array} manifest `model.json`
 * @property {Uint8Array} weights
 * @property {Uint8Array} [card] `card.json`
 */

/** Progress is reported at most this often. */
const REPORT_MS = 100;

export class Downloads {
  #host;
  #model;
  #onProgress;
  /** By name. @type {Map<string, Promise<any>>} */
  #files = new Map();
  /** The bytes that have arrived of each file for the CPU. @type {Map<string, number>} */
  #received = new Map();
  /** The bytes of all of them; null where it is not known. @type {number | null} */
  #total = null;
  /** Whether a report is scheduled. */
  #scheduled = false;

  /**
   * @param {Host} host
   * @param {Model} model
   * @param {(received: number, total: number | null) => void} onProgress gets bytes before compression, of the files for the CPU
   */
  constructor(host, model, onProgress) {
    this.#host = host;
    this.#model = model;
    this.#onProgress = onProgress;
    void this.#findTotal();
  }

  /** The files with another model. The module for the CPU is not requested again. @param {Model} model */
  withModel(model) {
    const other = new Downloads(this.#host, model, this.#onProgress);
    const module = this.#files.get('module');
    if (module) other.#files.set('module', module);
    return other;
  }

  /** The files for a worker on the CPU. Those that arrived are kept; a failed one is requested again by the next call. @returns {Promise<WorkerFiles>} */
  async cpu() {
    const [module, model] = await Promise.all([
      this.#once('module', (onChunk) => this.#host.fetchModule('glioscope', onChunk)),
      this.model(),
    ]);
    return { module, ...model };
  }

  /** The files for the worker on WebGPU. Its module is not kept: it is large, and there is one such worker. @returns {Promise<WorkerFiles>} */
  async gpu() {
    const [module, { manifest, weights }] = await Promise.all([this.#host.fetchModule('gpu'), this.model()]);
    return { module, manifest, weights };
  }

  /** The files of the model. */
  async model() {
    const [manifest, weights, card] = await Promise.all([
      this.#once('manifest', this.#model.manifest),
      this.#once('weights', this.#model.weights),
      this.#once('card', this.#model.card),
    ]);
    return { manifest, weights, card };
  }

  /**
   * @template T
   * @param {string} name
   * @param {(onChunk: OnChunk) => Promise<T>} request
   * @returns {Promise<T>}
   */
  #once(name, request) {
    const known = this.#files.get(name);
    if (known) return known;
    this.#received.set(name, 0);
    const file = request((bytes) => this.#count(name, bytes));
    this.#files.set(name, file);
    file.catch(() => this.#files.delete(name));
    return file;
  }

  async #findTotal() {
    this.#total = await this.#host.totalBytes();
    if (this.#total !== null) this.#report();
  }

  /** @param {string} name @param {number} bytes */
  #count(name, bytes) {
    this.#received.set(name, (this.#received.get(name) ?? 0) + bytes);
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
