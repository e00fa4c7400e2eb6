/**
 * Mask and reference in turn at the same place, so that the eye catches what differs.
 */

/** Slow enough to harm nobody. */
const TURN_MS = 700;

export class Flicker {
  /** Whether the reference is on; null while nothing flickers. @type {boolean | null} */
  turned = null;
  #onTurn;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @param {() => void} onTurn */
  constructor(onTurn) {
    this.#onTurn = onTurn;
  }

  /** Starts or ends it. Where motion is unwelcome it turns once and stays until the next call. */
  toggle() {
    if (this.turned !== null) {
      this.stop();
      return;
    }
    this.turned = true;
    this.#onTurn();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#timer = setInterval(() => {
      this.turned = !this.turned;
      this.#onTurn();
    }, TURN_MS);
  }

  stop() {
    clearInterval(this.#timer);
    if (this.turned === null) return;
    this.turned = null;
    this.#onTurn();
  }
}
