/**
 * Writes DICOM segmentations, and decodes the files that the primary worker cannot read: DICOM, JPEG, WebP, BMP and GIF, and rare compressions of TIFF. The
 * module for them is fetched on first use. Its worker is replaced when a decoder panics.
 */
import { WorkerClient } from './worker-client.js';

/** @import { Source } from '../core/types.js' */
/** @import { Host } from './host.js' */

export class Formats {
  #host;
  /** @type {Promise<WebAssembly.Module> | null} */
  #module = null;
  /** @type {Promise<WorkerClient> | null} */
  #client = null;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  /** Ends the worker. */
  close() {
    void this.#client?.then((client) => client.close(), () => {});
    this.#client = null;
  }

  /** The file in a form that the primary worker reads. @param {string} name @param {Blob} file @returns {Promise<Source>} */
  async convert(name, file) {
    return { name, file: new Blob([await this.#call('convert', { name, file })]) };
  }

  /**
   * A DICOM segmentation that is made now. @param {Uint8Array} masks as `sourceMasks` gives them
   * @param {boolean} labelMap one byte a pixel instead of one bit @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  segmentation(masks, labelMap) {
    const now = new Date();
    const digits = (/** @type {number[]} */ ...numbers) => numbers.map((number) => String(number).padStart(2, '0')).join('');
    const date = digits(now.getFullYear(), now.getMonth() + 1, now.getDate());
    const time = digits(now.getHours(), now.getMinutes(), now.getSeconds());
    return this.#call('dicomSegmentation', { masks, labelMap, date, time });
  }

  /** @param {string} method @param {object} args @returns {Promise<any>} */
  async #call(method, args) {
    const client = await (this.#client ??= this.#start());
    return client.call(method, args);
  }

  async #start() {
    const client = new WorkerClient(this.#host, 'formats-worker.js', () => {
      this.#client = null;
    });
    try {
      await client.call('open', { module: await (this.#module ??= this.#host.fetchModule('formats')) });
      return client;
    } catch (error) {
      this.#client = null;
      this.#module = null;
      client.close();
      throw error;
    }
  }
}
