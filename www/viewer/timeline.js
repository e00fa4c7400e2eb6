/**
 * The slider through a case, under the profile of its lesion: one bar a slice, as high as its area.
 */
import { find } from '../core/dom.js';

/** @import { CaseState } from '../core/types.js' */

const SVG = 'http://www.w3.org/2000/svg';

export class Timeline {
  #slider = /** @type {HTMLInputElement} */ (find('#slice'));
  #profile = /** @type {SVGElement} */ (find('#profile'));
  #paths = ['known', 'area', 'here'].map((name) => {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('class', name);
    return this.#profile.appendChild(path);
  });

  /** @param {(slice: number) => void} onGo counted from 0 */
  constructor(onGo) {
    this.#slider.addEventListener('input', () => onGo(this.#slider.valueAsNumber - 1));
  }

  /**
   * @param {CaseState} state
   * @param {number} slice
   */
  show({ slices, measure }, slice) {
    this.#slider.max = String(slices.length);
    this.#slider.value = String(slice + 1);
    this.#slider.setAttribute('aria-valuetext', `Slice ${slice + 1} of ${slices.length}`);
    const areas = slices.map((_, at) => measure?.slices[at]?.area ?? 0);
    const most = Math.max(1, ...areas);
    /** @param {number} at @param {number} from @param {number} to */
    const bar = (at, from, to) => `M${at + 0.1} ${from}H${at + 0.9}V${to}H${at + 0.1}Z`;
    this.#profile.setAttribute('viewBox', `0 0 ${slices.length} 1`);
    const [known, area, here] = this.#paths;
    known.setAttribute('d', slices.map(({ probability }, at) => (probability ? bar(at, 0.96, 1) : '')).join(''));
    area.setAttribute('d', areas.map((value, at) => (value ? bar(at, 0.92 - 0.9 * (value / most), 0.94) : '')).join(''));
    here.setAttribute('d', `M${slice} 0H${slice + 1}V1H${slice}Z`);
  }
}
