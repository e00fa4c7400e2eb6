/**
 * The backend that runs on this device, and the result of its self-test.
 */
import { find, make } from '../core/dom.js';
import { formatDuration } from '../core/format.js';

/** @import { DeviceReport } from '../core/types.js' */

const BACKEND_NAMES = { webgpu: 'WebGPU', cpu: 'the CPU (WebAssembly)' };

export class SelfTest {
  #backend = find('#backend');
  #detail = find('#backend-detail');
  #line = find('#selftest');
  #facts = find('#device-facts');

  /** @param {DeviceReport} report */
  show(report) {
    const { backend, software, difference, milliseconds } = report;
    const test = difference === null ? 'self-test running' : 'self-test passed';
    this.#backend.textContent = backend;
    this.#detail.textContent = backend === 'webgpu' && software ? `software adapter, ${test}` : test;
    const time = milliseconds === null ? '' : `, ${formatDuration(milliseconds)} per slice`;
    this.#line.textContent = difference === null
      ? `Running on ${BACKEND_NAMES[backend]}.`
      : `Passed on ${BACKEND_NAMES[backend]}: largest difference in probability ${difference.toExponential(1)}${time}.`;
    this.#facts.replaceChildren(...facts(report).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
  }

  /** Nothing runs. @param {string} message */
  fail(message) {
    this.#backend.textContent = 'none';
    this.#detail.textContent = '';
    this.#line.textContent = `Failed: ${message}`;
    this.#facts.replaceChildren(make('div', {}, make('dt', {}, 'Runs on'), make('dd', {}, `nothing: ${message}`)));
  }
}

/** @param {DeviceReport} report */
function facts({ backend, adapter, software, why, difference, milliseconds }) {
  return [
    ['Runs on', BACKEND_NAMES[backend]],
    ['GPU adapter', adapter ? `${adapter}${software && !/software/.test(adapter) ? ', a software adapter' : ''}` : 'not requested'],
    ...(why ? [['Reason', why]] : []),
    ['Self-test', difference === null ? 'running' : 'passed: the sample slice against its expected probability'],
    ...(difference === null ? [] : [['Largest difference', `${difference.toExponential(2)} in probability`]]),
    ...(milliseconds === null ? [] : [['Time per slice', formatDuration(milliseconds)]]),
  ];
}
