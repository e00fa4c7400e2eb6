/**
 * The slider over the slices of a case, with a bar for the lesion area of each slice.
 */
import { find } from '../core/dom.js';
import { formatCount } from '../core/format.js';

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

  /** @param {(index: number) => void} onSelect */
  constructor(onSelect) {
    this.#slider.addEventListener('input', () => onSelect(this.#slider.valueAsNumber - 1));
  }

  /**
   * @param {CaseState} state
   * @param {number} index the slice in view
   */
  show({ slices, measure }, index) {
    this.#slider.max = String(slices.length);
    this.#slider.value = String(index + 1);
    const here = measure?.slices[index];
    const result = here?.segmented || here?.edited ? `, ${formatCount(here.area)} pixels outlined` : '';
    this.#slider.setAttribute('aria-valuetext', `Slice ${index + 1} of ${slices.length}${result}`);
    const areas = slices.map((_, at) => measure?.slices[at]?.area ?? 0);
    const largest = Math.max(1, ...areas);
    /** @param {number} at @param {number} from @param {number} to */
    const bar = (at, from, to) => `M${at + 0.1} ${from}H${at + 0.9}V${to}H${at + 0.1}Z`;
    this.#profile.setAttribute('viewBox', `0 0 ${slices.length} 1`);
    const [known, area, marker] = this.#paths;
    known.setAttribute('d', slices.map(({ probability }, at) => (probability ? bar(at, 0.96, 1) : '')).join(''));
    area.setAttribute('d', areas.map((value, at) => (value ? bar(at, 0.92 - 0.9 * (value / largest), 0.94) : '')).join(''));
    marker.setAttribute('d', `M${index} 0H${index + 1}V1H${index}Z`);
  }
}
