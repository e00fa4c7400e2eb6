/**
 * Alternates between mask and reference at the same place, so that differences stand out.
 */

/** Slow enough to be safe for people with photosensitive epilepsy (at most three flashes a second, WCAG 2.3.1). */
const PERIOD_MS = 700;

export class Flicker {
  /** Whether the reference is shown now; null while the flicker is off. @type {boolean | null} */
  showsReference = null;
  #onChange;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get active() {
    return this.showsReference !== null;
  }

  /** Starts or stops. With reduced motion it shows the reference until the next call. */
  toggle() {
    if (this.active) {
      this.stop();
      return;
    }
    this.showsReference = true;
    this.#onChange();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#timer = setInterval(() => {
      this.showsReference = !this.showsReference;
      this.#onChange();
    }, PERIOD_MS);
  }

  stop() {
    clearInterval(this.#timer);
    if (!this.active) return;
    this.showsReference = null;
    this.#onChange();
  }
}
