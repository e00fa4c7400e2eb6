/**
 * What is open, what is in view and how it is measured; whoever shows some of it listens. The job fills it, editing and
 * measuring add to it, and whoever changes a slice tells.
 *
 * What is told: `open` the cases are others or more; `slice` something about one slice is new (`state.told`);
 * `view` another slice is in view; `settings` the threshold or a spacing is another one; `measure` new measures of the
 * case `state.told.case` have come.
 */

/** @import { Assembly, CaseState, Place, Settings, SliceState, Spacing } from './types.js' */
/** @typedef {'open' | 'slice' | 'view' | 'settings' | 'measure'} Change */

export class State {
  /** @type {CaseState[]} */
  cases = [];
  /** @type {Place} what is in view */
  at = { case: 0, slice: 0 };
  /** @type {Place} what the last `slice` or `measure` was about */
  told = { case: 0, slice: 0 };
  threshold = 0.5;
  /** @type {string | undefined} what the session that is open says of how masks were drawn by hand: another program may ask for it */
  rules;
  /** Whether nobody has looked at any of what is open before. */
  fresh = true;
  /** @type {PromiseWithResolvers<void> | null} while the cases are about to get other places */
  #moving = null;
  #target = new EventTarget();
  /** @type {WeakSet<Uint8Array>} edits that are in a file of the visitor's; an edit is never changed, only replaced */
  #saved = new WeakSet();

  /** @param {Change} change @param {() => void} listener */
  on(change, listener) {
    this.#target.addEventListener(change, listener);
  }

  /** @param {Change} change @param {Place} [about] */
  tell(change, about = this.at) {
    this.told = about;
    this.#target.dispatchEvent(new Event(change));
  }

  /** Whether the cases are about to get other places: until then no mask is changed by hand, and nothing is taken away. */
  get moving() {
    return this.#moving !== null;
  }

  set moving(moving) {
    if (moving) this.#moving ??= Promise.withResolvers();
    else {
      this.#moving?.resolve();
      this.#moving = null;
    }
  }

  /** Resolves when the cases are in their places. */
  async settled() {
    while (this.#moving) await this.#moving.promise;
  }

  /** Nothing is open. */
  close() {
    this.moving = false;
    this.cases = [];
    this.rules = undefined;
    this.at = { case: 0, slice: 0 };
    this.tell('open');
  }

  /**
   * The cases that the files make up, with what is known of them already.
   * @param {Assembly} assembly
   * @param {(place: Place) => Pick<SliceState, 'probability' | 'edit'>} known
   */
  open(assembly, known) {
    this.moving = false;
    const looked = this.current;
    const inView = looked?.slices[this.at.slice].info.name;
    // By its slices: beside another of its name a case gets a longer one.
    const former = new Map(this.cases.map((state) => [names(state.slices), state]));
    const named = new Map(this.cases.map((state) => [state.name, state]));
    const seen = new Map(this.cases.flatMap(({ slices }) => slices.map((slice) => [slice.info.name, slice])));
    this.cases = assembly.cases.map(({ name, resolution, verdict, slices }, at) => {
      const same = former.get(names(slices.map((info) => ({ info }))));
      const before = same ?? named.get(name);
      return {
        name,
        resolution,
        verdict,
        // A session brings masks that were once asked for.
        anyway: before?.anyway ?? slices.some((_, slice) => known({ case: at, slice }).probability !== null),
        measure: same?.measure ?? null,
        spacing: before?.spacing ?? null,
        // The same object as before: what can be undone goes by it.
        slices: slices.map((info, slice) => Object.assign(
          seen.get(info.name) ?? { milliseconds: null },
          { info, fault: null, leftOut: null, ...known({ case: at, slice }) },
        )),
      };
    });
    const again = this.cases.findIndex(({ name, slices }) => looked && (names(slices) === names(looked.slices) || name === looked.name));
    const middle = (/** @type {number} */ at) => ({ case: at, slice: (this.cases[at]?.slices.length ?? 0) >> 1 });
    // The same slice, whatever its number is now.
    const still = this.cases[again]?.slices.findIndex(({ info }) => info.name === inView) ?? -1;
    this.at = still >= 0 ? { case: again, slice: still } : middle(Math.max(0, again));
    this.fresh = again < 0;
    this.tell('open');
  }

  /** The case in view. @returns {CaseState | undefined} */
  get current() {
    return this.cases[this.at.case];
  }

  /** @param {Place} place @returns {SliceState} */
  slice(place) {
    return this.cases[place.case].slices[place.slice];
  }

  /** Every slice of every case. @returns {Place[]} */
  places() {
    return this.cases.flatMap(({ slices }, at) => slices.map((_, slice) => ({ case: at, slice })));
  }

  /** Looks at another slice. @param {Place} place */
  show(place) {
    this.at = place;
    this.tell('view');
  }

  /** @param {number} threshold 0 to 1 */
  setThreshold(threshold) {
    if (threshold === this.threshold) return;
    this.threshold = threshold;
    this.tell('settings');
  }

  /** @param {number} at which case @param {Spacing | null} spacing */
  setSpacing(at, spacing) {
    this.cases[at].spacing = spacing;
    this.tell('settings');
  }

  /** As the exports take them. @returns {Settings} */
  get settings() {
    return { threshold: this.threshold, spacing: this.cases.map(({ spacing }) => spacing), rules: this.rules };
  }

  /** Whether masks are drawn on a case: not before the input check has passed or the user has overruled it. @param {number} at */
  drawn(at) {
    return this.cases[at].verdict.accepted || this.cases[at].anyway;
  }

  /** Edits by hand, of all cases. */
  get edits() {
    return this.cases.flatMap(({ slices }) => slices.flatMap(({ edit }) => edit ?? []));
  }

  /** How many slices have an edit that is in no file yet. */
  get unsaved() {
    return this.edits.filter((edit) => !this.#saved.has(edit)).length;
  }

  /** These are in a file now. @param {Uint8Array[]} edits */
  save(edits) {
    for (const edit of edits) this.#saved.add(edit);
  }

  /** The slice to show of a case: where most lesion was found, the middle before that. @param {number} at */
  best(at) {
    const largest = this.cases[at].measure?.largest ?? -1;
    return largest >= 0 ? largest : this.cases[at].slices.length >> 1;
  }
}

/** What tells the slices of a case from those of any other. @param {Pick<SliceState, 'info'>[]} slices */
function names(slices) {
  return JSON.stringify(slices.map(({ info }) => info.name));
}
