/**
 * Everything that computes, as one object. It chooses the backend, keeps one worker filled with the files that were
 * handed in, replaces it when it is lost, and on the CPU shares a case's slices with further workers. Its callers see
 * slices and faults, never workers.
 */
import { FaultError, faultOf } from './fault.js';
import { Link } from './link.js';
import { Pool } from './pool.js';

/** @import { Assembly, Backend, Fault, Finding, Pixels, Place, Source } from './types.js' */
/** @typedef {{backend: Backend, adapter: string, why: string, difference: number | null}} Standing */
/**
 * @typedef {object} Ears
 * @property {(standing: Standing) => void} onStanding what runs, each time a worker is up
 * @property {(fault: Fault) => void} onLost a worker was lost; another one is on its way
 * @property {(fault: Fault) => void} onDead no worker can be had
 */

/** A slice or file that takes two workers down with it is at fault itself. */
const ATTEMPTS = 2;
/** How many workers may be lost over one set of files. */
const LOSSES = 6;
/** Opening includes the download, however slow the line. */
const OPEN_PATIENCE_MS = 1_200_000;

export class Engine {
  #wish;
  #ears;
  #pool;
  /** @type {Promise<Link> | null} */
  #lead = null;
  /** @type {WebAssembly.Module | undefined} compiled once, shared by all workers */
  #module;
  /** @type {Backend} what the newest worker runs or tries */
  #backend = 'cpu';
  /** Why WebGPU is not asked again; empty while it may be. */
  #denied = '';
  #losses = 0;
  #lastWords = '';
  /** Grows with every load, so that what belongs to an earlier one is known. */
  #batch = 0;
  /** @type {Source[]} every file that the reader took, in order */
  #accepted = [];
  /** @type {Assembly | null} */
  #assembly = null;
  /** @type {Map<string, Place & {mask: Uint8Array}>} */
  #finished = new Map();

  /**
   * @param {Backend | null} wish the one backend to use, or null for the best that works
   * @param {number | null} workers how many to use on the CPU, or null for what the machine offers
   * @param {Ears} ears
   */
  constructor(wish, workers, ears) {
    this.#wish = wish;
    this.#ears = ears;
    this.#pool = new Pool(workers, (onLost) => this.#hire(onLost));
  }

  /** Opens the first worker, if there is none. Rejects with a fault of kind `gone` when no backend works. */
  open() {
    if (!this.#lead) {
      const opening = this.#launch();
      this.#lead = opening;
      opening.catch(() => {
        if (this.#lead === opening) this.#lead = null;
      });
    }
    return this.#lead;
  }

  /**
   * Forgets what there is and reads new files.
   * @param {Source[]} sources
   * @param {AbortSignal} signal stops between two files
   * @param {(read: number) => void} onRead
   * @returns {Promise<{assembly: Assembly, faults: Fault[]}>} with the files that were refused
   */
  async load(sources, signal, onRead) {
    this.#batch++;
    this.#losses = 0;
    this.#accepted = [];
    this.#assembly = null;
    this.#finished = new Map();
    await this.#ask('clear');
    /** @type {Fault[]} */
    const faults = [];
    for (const [index, source] of sources.entries()) {
      signal.throwIfAborted();
      const fault = await this.#ask('read', source).then(() => null, refusal);
      signal.throwIfAborted();
      if (fault) faults.push({ ...fault, file: source.name });
      else this.#accepted.push(source);
      onRead(index + 1);
    }
    const assembly = await this.#ask('assemble');
    signal.throwIfAborted();
    this.#assembly = assembly;
    return { assembly, faults };
  }

  /**
   * Segments slices, in about the order given, until all are done or the signal stops it between two of them.
   * @param {Place[]} places
   * @param {AbortSignal} signal
   * @param {(place: Place, result: Finding | Fault) => void} onSlice
   */
  async segment(places, signal, onSlice) {
    const batch = this.#batch;
    const stopped = () => signal.aborted || batch !== this.#batch;
    /** @type {(place: Place, finding: Finding) => void} */
    const keep = (place, finding) => {
      if (batch !== this.#batch) return;
      this.#finished.set(`${place.case}/${place.slice}`, { ...place, mask: finding.mask });
      onSlice(place, finding);
    };
    const queue = places.map((place) => ({ place, losses: 0 }));
    const lead = async () => {
      for (let task; !stopped() && (task = queue.shift()); ) {
        try {
          const link = await this.open();
          keep(task.place, await link.call('segment', task.place));
        } catch (error) {
          const fault = refusal(error);
          if (error instanceof FaultError && error.lost && ++task.losses < ATTEMPTS) queue.unshift(task);
          else if (!stopped()) onSlice(task.place, fault);
        }
      }
    };
    /** @type {(place: Place, finding: Finding) => Promise<void>} */
    const hand = async (place, finding) => {
      if (batch === this.#batch) await this.#ask('adopt', { ...place, mask: finding.mask });
      keep(place, finding);
    };
    const fill = (/** @type {Link} */ link) => this.#fill(link, stopped);
    await this.open();
    const shared = this.#backend === 'cpu' ? this.#pool.share(queue, this.#accepted, stopped, fill, hand) : null;
    await Promise.all([lead(), shared]);
    // Whatever a lost helper gave back after the first worker had run out of slices.
    await lead();
  }

  /** @param {Place} place @returns {Promise<Pixels>} for display, 8 bit */
  pixels(place) {
    return this.#ask('pixels', place);
  }

  /** @param {Place} place @returns {Promise<Uint8Array | undefined>} the reference mask, 0 or 1 a pixel */
  reference(place) {
    return this.#ask('reference', place);
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer>>} the masks of all finished slices, as a zip */
  zip() {
    return this.#ask('zip');
  }

  /**
   * Asks the first worker, and its successor if it is lost over it.
   * @param {string} action
   * @param {object} [message]
   */
  async #ask(action, message) {
    for (let attempt = 1; ; attempt++) {
      const link = await this.open();
      try {
        return await link.call(action, message);
      } catch (error) {
        if (!(error instanceof FaultError && error.lost) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** A worker on a backend that works, holding all that was handed in so far. */
  async #launch() {
    for (;;) {
      if (this.#losses >= LOSSES) throw gone(`${LOSSES} workers were lost, the last one to this: ${this.#lastWords}`);
      let up = false;
      const link = new Link((fault) => {
        this.#losses++;
        this.#lastWords = fault.message;
        if (up) this.#replace(fault);
      });
      try {
        const standing = await this.#choose(link);
        await this.#fill(link, () => false);
        for (const finished of this.#finished.values()) await link.call('adopt', finished);
        up = true;
        this.#ears.onStanding(standing);
        if (standing.backend === 'cpu') this.#pool.staff();
        return link;
      } catch (error) {
        link.close();
        const fault = refusal(error);
        const lost = error instanceof FaultError && error.lost;
        if (!this.#deny(fault) && !lost) throw gone(fault.message);
      }
    }
  }

  /**
   * The worker that was up is lost: another one takes its place at once, whoever asks for it.
   * @param {Fault} fault
   */
  #replace(fault) {
    this.#deny(fault);
    this.#lead = null;
    this.#ears.onLost(fault);
    this.open().catch((error) => this.#ears.onDead(faultOf(error)));
  }

  /**
   * After a fault of WebGPU the next worker takes the CPU, unless WebGPU was asked for.
   * @param {Fault} fault
   * @returns {boolean} whether that is so
   */
  #deny(fault) {
    // A model or a file is no better anywhere else.
    if (this.#wish || this.#backend === 'cpu' || !['device', 'panic', 'worker'].includes(fault.kind)) return false;
    this.#backend = 'cpu';
    this.#denied = `WebGPU was given up: ${fault.message}`;
    return true;
  }

  /** @param {Link} link @returns {Promise<Standing>} */
  async #choose(link) {
    const offer = this.#wish === 'cpu' || this.#denied ? null : await link.call('probe');
    if (this.#wish === 'webgpu' && !offer.usable) throw gone(offer.why);
    this.#backend = this.#wish ?? (offer?.preferable ? 'webgpu' : 'cpu');
    const wish = { backend: this.#backend, module: this.#module };
    const { backend, difference, module } = await link.call('open', wish, OPEN_PATIENCE_MS);
    this.#module = module;
    const why = this.#wish ? 'as asked for in the address' : this.#denied || (offer?.why ?? '');
    return { backend, adapter: offer?.adapter ?? '', why, difference };
  }

  /**
   * Reads into another worker what the first one had accepted; the cases have to come out as they were.
   * @param {Link} link
   * @param {() => boolean} stopped
   */
  async #fill(link, stopped) {
    const [sources, assembly] = [this.#accepted, this.#assembly];
    await link.call('clear');
    for (const source of sources) if (!stopped()) await link.call('read', source);
    if (!assembly || stopped()) return;
    const again = await link.call('assemble');
    if (JSON.stringify(again) !== JSON.stringify(assembly)) throw gone('the files have changed since they were dropped');
  }

  /**
   * One more worker on the CPU.
   * @param {() => void} onLost
   */
  async #hire(onLost) {
    const link = new Link(onLost);
    await link.call('open', { backend: 'cpu', module: this.#module }, OPEN_PATIENCE_MS).catch((error) => {
      link.close();
      throw error;
    });
    return link;
  }
}

/**
 * The fault of one file or slice; a fault that ends everything is thrown on.
 * @param {unknown} error
 */
function refusal(error) {
  const fault = faultOf(error);
  if (fault.kind === 'gone') throw error;
  return fault;
}

/**
 * The fault after which nothing more can be computed.
 * @param {string} message
 */
function gone(message) {
  return new FaultError({ kind: 'gone', file: null, message });
}
