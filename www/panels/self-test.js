/**
 * What really runs on this device, and how the self-test on it went.
 */
import { find, make } from '../core/dom.js';
import { duration } from '../core/format.js';

/** @import { Standing } from '../core/types.js' */

const NAMES = { webgpu: 'WebGPU', cpu: 'the CPU, by WebAssembly' };

export class SelfTest {
  #backend = find('#backend');
  #detail = find('#backend-detail');
  #line = find('#selftest');
  #facts = find('#device-facts');

  /** @param {Standing} standing */
  show(standing) {
    const { backend, software, difference, milliseconds } = standing;
    // In full: the bar has no room for more, and the sheet that it opens says by how much, on which adapter and why.
    const test = `self-test ${difference === null ? 'under way' : 'passed'}`;
    this.#backend.textContent = backend;
    this.#detail.textContent = backend === 'webgpu' && software ? `software adapter, ${test}` : test;
    this.#line.textContent = difference === null
      ? `Under way on ${NAMES[backend]}.`
      : `Passed on ${NAMES[backend]}: at most ${difference.toExponential(1)} from the answer where it was fitted${milliseconds === null ? '' : `, ${duration(milliseconds)} a slice`}.`;
    this.#facts.replaceChildren(...facts(standing).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
  }

  /** Nothing runs. @param {string} message */
  fail(message) {
    this.#backend.textContent = 'none';
    this.#detail.textContent = '';
    this.#line.textContent = `Failed: ${message}`;
    this.#facts.replaceChildren(make('div', {}, make('dt', {}, 'Runs on'), make('dd', {}, `nothing: ${message}`)));
  }
}

/** @param {Standing} standing */
function facts({ backend, adapter, software, why, difference, milliseconds }) {
  return [
    ['Runs on', NAMES[backend]],
    ['GPU adapter', adapter ? `${adapter}${software && !/software/.test(adapter) ? ', a software adapter' : ''}` : 'not asked for'],
    ...(why ? [['Why', why]] : []),
    ['Self-test', difference === null ? 'under way' : 'passed: the bundled slice against its answer from the native program'],
    ...(difference === null ? [] : [['Largest difference', `${difference.toExponential(2)} in probability`]]),
    ...(milliseconds === null ? [] : [['Time a slice', duration(milliseconds)]]),
  ];
}
