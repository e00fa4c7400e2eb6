/**
 * The first worker: it chooses a backend that works, and when it is lost another one takes its place with all that was
 * kept.
 */
import { FaultError, faultOf } from '../core/errors.js';
import { Link } from './worker-client.js';

/** @import { Kept } from './recovery-log.js' */
/** @import { Backend, Fault, Standing } from '../core/types.js' */
/**
 * @typedef {object} Ears
 * @property {(standing: Standing) => void} onStanding what runs, each time a worker is up and each time it was tested
 * @property {(fault: Fault) => void} onLost a worker was lost; another one is on its way
 * @property {(fault: Fault) => void} onDead no worker can be had; of kind `device` where what was drawn may be wrong
 */

/** A slice or file that takes two workers down with it is at fault itself. */
export const ATTEMPTS = 2;
/** How many workers may be lost in a row: to no file that is at fault, and with no slice done between them. */
const LOSSES = 6;
/** Opening includes the download, however slow the line. */
const OPEN_PATIENCE_MS = 1_200_000;
/** A GPU that takes longer for a slice may be slower than the CPU: the two are then timed against each other. */
const DOUBTFUL_MS = 120;

export class Lead {
  /** @type {Backend} what the newest worker runs or tries */
  backend = 'cpu';
  /** Workers that were lost in a row. */
  losses = 0;
  /** Workers that were given up: the backend of each, and why. No file is named. @type {string[]} */
  tried = [];
  /** Called when a worker is up. */
  onUp = () => {};
  #wish;
  #ears;
  #kept;
  /** @type {Promise<Link> | null} */
  #link = null;
  /** @type {WebAssembly.Module | undefined} compiled once, shared by all workers */
  #module;
  /** Why WebGPU is not asked again; empty while it may be. */
  #denied = '';
  #lastWords = '';
  /** Why nothing is computed here any more. @type {FaultError | null} */
  #condemned = null;
  /** @type {Standing | null} */
  #standing = null;

  /**
   * @param {Backend | null} wish the one backend to use, or null for the best that works
   * @param {Kept} kept
   * @param {Ears} ears
   */
  constructor(wish, kept, ears) {
    this.#wish = wish;
    this.#kept = kept;
    this.#ears = ears;
  }

  /** Opens a worker, if there is none. Rejects with a fault of kind `gone` when no backend works. */
  open() {
    if (this.#condemned) return Promise.reject(this.#condemned);
    if (!this.#link) {
      const opening = this.#launch();
      this.#link = opening;
      opening.catch(() => {
        if (this.#link === opening) this.#link = null;
      });
    }
    return this.#link;
  }

  /**
   * Asks the worker, and its successor if it is lost over it.
   * @param {string} action
   * @param {object} [message]
   */
  async ask(action, message) {
    for (let attempt = 1; ; attempt++) {
      const link = await this.open();
      try {
        return await link.call(action, message);
      } catch (error) {
        if (!(error instanceof FaultError && error.lost) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Segments the known slice once more. @returns {Promise<Standing>} */
  async test() {
    const link = await this.open();
    try {
      const known = /** @type {Standing} */ (this.#standing);
      const first = await link.call('check');
      // What is compiled as it runs makes the first time a slow one.
      const standing = { ...known, ...(known.difference === null ? await link.call('check') : first) };
      this.#standing = standing;
      this.#ears.onStanding(standing);
      return standing;
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind !== 'device') throw error;
      // There is nothing left to fall back on, and wrong numbers are worse than none.
      if (this.backend === 'cpu') this.#condemned = gone(fault.message);
      link.close();
      if (this.#condemned) this.#ears.onDead(fault);
      else this.#replace(fault);
      throw error;
    }
  }

  /**
   * One more worker on the CPU.
   * @param {() => void} onLost
   */
  async hire(onLost) {
    const link = new Link(onLost);
    await link.call('open', { backend: 'cpu', module: this.#module }, OPEN_PATIENCE_MS).catch((error) => {
      link.close();
      throw error;
    });
    return link;
  }

  /** A worker on a backend that works, holding all that was handed in so far. */
  async #launch() {
    for (;;) {
      if (this.losses >= LOSSES) throw gone(`${LOSSES} workers were lost, the last one to this: ${this.#lastWords}`);
      let up = false;
      const link = new Link((fault) => {
        this.losses++;
        this.#lastWords = fault.message;
        if (up) this.#replace(fault);
      });
      try {
        const standing = await this.#choose(link);
        if (standing.backend === 'webgpu' && !this.#wish && (standing.milliseconds ?? 0) > DOUBTFUL_MS) await this.#race(standing);
        await this.#kept.restore(link);
        up = true;
        this.#standing = standing;
        this.#ears.onStanding(standing);
        this.onUp();
        // Whoever hears of it hears it through the ears.
        if (standing.difference === null) setTimeout(() => this.test().catch(() => {}));
        return link;
      } catch (error) {
        link.close();
        const fault = refusal(error);
        const lost = error instanceof FaultError && error.lost;
        if (!this.#deny(fault) && !lost) throw gone(fault.message, fault.file);
      }
    }
  }

  /** @param {Link} link @returns {Promise<Standing>} */
  async #choose(link) {
    const offer = this.#wish === 'cpu' || this.#denied ? null : await link.call('probe');
    if (this.#wish === 'webgpu' && !offer.usable) throw gone(offer.why);
    this.backend = this.#wish ?? (offer?.preferable ? 'webgpu' : 'cpu');
    const wish = { backend: this.backend, module: this.#module };
    const { backend, module, version } = await link.call('open', wish, OPEN_PATIENCE_MS);
    this.#module = module;
    const why = this.#wish ? 'as asked for in the address' : this.#denied || (offer?.why ?? '');
    const { adapter = '', software = false, limits = {}, features = [] } = offer ?? {};
    const standing = { version, backend, adapter, software, why, difference: null, milliseconds: null, limits, features };
    // A GPU has to prove itself before it sees a slice; the first slice also pays for compiling, so the second one
    // counts. The CPU is tested as well, once nobody waits for it.
    if (backend === 'webgpu') await link.call('check');
    return backend === 'webgpu' ? { ...standing, ...(await link.call('check')) } : standing;
  }

  /** Throws where the CPU is faster than what stands. @param {Standing} standing */
  async #race({ milliseconds }) {
    const rival = await this.hire(() => {}).catch(() => null);
    if (!rival) return;
    const timed = await rival.call('check').then((found) => found.milliseconds, () => Infinity);
    rival.close();
    if (timed >= Number(milliseconds)) return;
    const message = `it takes ${Math.round(Number(milliseconds))} ms a slice, the CPU ${Math.round(timed)} ms`;
    throw new FaultError({ kind: 'device', file: null, message });
  }

  /**
   * The worker that was up is lost: another one takes its place at once, whoever asks for it.
   * @param {Fault} fault
   */
  #replace(fault) {
    this.#deny(fault);
    this.#link = null;
    this.#ears.onLost(fault);
    this.open().catch((error) => this.#ears.onDead(faultOf(error)));
  }

  /**
   * Keeps in mind why a worker was given up. After a fault of WebGPU the next one takes the CPU, unless WebGPU was asked for.
   * @param {Fault} fault
   * @returns {boolean} whether that is so
   */
  #deny(fault) {
    this.tried.push(`${this.backend}: ${nameless(fault)}`);
    // A model or a file is no better anywhere else.
    if (this.#wish || this.backend === 'cpu' || !['device', 'panic', 'worker'].includes(fault.kind)) return false;
    this.backend = 'cpu';
    this.#denied = `WebGPU was given up: ${fault.message}`;
    return true;
  }
}

/**
 * The fault of one file or slice; a fault that ends everything is thrown on.
 * @param {unknown} error
 */
export function refusal(error) {
  const fault = faultOf(error);
  if (fault.kind === 'gone') throw error;
  return fault;
}

/** What may be told to others: whose file it was stays here. @param {Fault} fault */
export function nameless({ file, message }) {
  return file ? 'a file cannot be read again' : message;
}

/**
 * The fault after which nothing more can be computed.
 * @param {string} message
 * @param {string | null} [file] that it names
 */
function gone(message, file = null) {
  return new FaultError({ kind: 'gone', file, message });
}
