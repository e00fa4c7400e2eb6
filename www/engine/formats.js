/**
 * Decodes the files that the primary worker cannot read: DICOM, JPEG, WebP, BMP and GIF, and rare compressions of TIFF. The
 * module for them is fetched when the first such file is opened. Its worker is replaced when a decoder panics.
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
    const client = await (this.#client ??= this.#start());
    return { name, file: new Blob([await client.call('convert', { name, file })]) };
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
