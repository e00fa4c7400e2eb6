/**
 * Everything that a new worker needs to take over: the files, the probabilities and the edits. A helper needs the files
 * only.
 */
import { GlioscopeError } from '../core/errors.js';

/** @import { WorkerClient } from './worker-client.js' */
/** @import { Assembly, Backend, Source, Words } from '../core/types.js' */

export class RecoveryLog {
  /** Every file that was read, in order. @type {Source[]} */
  sources = [];
  /** The visitor's answers to the questions about the files; null before any. @type {Words[] | null} */
  answers = null;
  /** Those that the assembly was made with. @type {Words[] | null} */
  #assembledWith = null;
  /** The cases of the first `#assembled` files. @type {Assembly | null} */
  assembly = null;
  #assembled = 0;
  /** By slice id, with the backend that has computed them. @type {Map<string, {probability: Uint16Array, backend: Backend}>} */
  #probabilities = new Map();
  /** By slice id. @type {Map<string, Uint8Array>} */
  #edits = new Map();

  /** A lower bound for the memory of a worker with all cases: files, 8-bit samples and 16-bit probabilities, in bytes. */
  get bytes() {
    const files = this.sources.reduce((sum, { file, passedOver }) => sum + (passedOver ? 0 : (file?.size ?? 0)), 0);
    const slices = this.assembly?.cases.flatMap((one) => one.slices) ?? [];
    return slices.reduce((sum, { width, height, grey }) => sum + width * height * ((grey ? 1 : 3) + 2), files);
  }

  /** @param {string} id of the slice */
  probability(id) {
    return this.#probabilities.get(id)?.probability ?? null;
  }

  /** @param {string} id of the slice */
  edit(id) {
    return this.#edits.get(id) ?? null;
  }

  /** @param {string} id of the slice @param {{probability: Uint16Array, backend: Backend}} found */
  setProbability(id, { probability, backend }) {
    this.#probabilities.set(id, { probability, backend });
  }

  /** @param {string} id of the slice @param {Uint8Array | null} mask null removes the edit */
  setEdit(id, mask) {
    if (mask) this.#edits.set(id, mask);
    else this.#edits.delete(id);
  }

  /** @param {string} id of the slice */
  dropProbability(id) {
    this.#probabilities.delete(id);
  }

  clear() {
    this.sources = [];
    this.answers = null;
    this.#assembledWith = null;
    this.assembly = null;
    this.#assembled = 0;
    this.#probabilities = new Map();
    this.#edits = new Map();
  }

  /** Removes files that belong to no case, because they could not be added. */
  dropUnassembled() {
    this.sources.length = this.#assembled;
  }

  /** Takes over the cases of all files, and removes the results of slices that are gone. @param {Assembly} assembly */
  assemble(assembly) {
    const ids = new Set(assembly.cases.flatMap(({ slices }) => slices.map(({ id }) => id)));
    for (const results of [this.#probabilities, this.#edits]) {
      for (const id of results.keys()) if (!ids.has(id)) results.delete(id);
    }
    this.assembly = assembly;
    this.#assembled = this.sources.length;
    this.#assembledWith = this.answers;
  }

  /**
   * Reads the files into another worker, which has to make the same cases of them.
   * @param {WorkerClient} client
   * @param {() => boolean} stopped
   * @returns {Promise<boolean>} whether it has all of them
   */
  async readInto(client, stopped) {
    const { assembly } = this;
    await client.call('clear');
    for (const [at, source] of this.sources.slice(0, this.#assembled).entries()) {
      if (!stopped()) await client.call('read', source);
      // A session has results for the cases of its own files, so they are assembled before other files join them.
      if (source.session && at + 1 < this.#assembled && !stopped()) await client.call('assemble');
    }
    if (!assembly || stopped()) return false;
    if (this.#assembledWith) await client.call('answer', { words: this.#assembledWith });
    if (layoutOf(await client.call('assemble')) !== layoutOf(assembly)) {
      throw new GlioscopeError({ code: 'gone', file: null, message: 'the files have changed since they were opened' });
    }
    return true;
  }

  /** Fills a worker that takes over. @param {WorkerClient} client */
  async restore(client) {
    await this.readInto(client, () => false);
    for (const [slice, found] of this.#probabilities) await client.call('adopt', { slice, ...found });
    // The file of a session still has edits that were reverted since.
    if (this.sources.some(({ session }) => session)) {
      const slices = this.assembly?.cases.flatMap((one) => one.slices) ?? [];
      for (const { id } of slices) await client.call('setEdit', { slice: id });
    }
    for (const [slice, mask] of this.#edits) await client.call('setEdit', { slice, mask });
    for (const source of this.sources.slice(this.#assembled)) await client.call('read', source);
    // They may have been given since, and the next assembly needs them.
    if (this.answers && this.answers !== this.#assembledWith) await client.call('answer', { words: this.answers });
  }
}

/** The slices of each case, without results. @param {Assembly} assembly */
function layoutOf({ cases }) {
  return JSON.stringify(cases.map(({ name, slices }) =>
    [name, slices.map(({ id, width, height, grey, reference }) => [id, width, height, grey, reference])]));
}
