/**
 * The library in the thread that calls it, on the CPU. In a browser, use `glioscope/worker`: it does not block the page.
 */
import load, { onPanic, Session, version, ZipStream } from '../../www/pkg/glioscope.js';
import { faultOf, GlioscopeError } from '../../www/core/errors.js';

export { GlioscopeError, onPanic, Session, version, ZipStream };

/**
 * @typedef {import('../../www/core/types.js').ErrorCode} ErrorCode
 * @typedef {import('../../www/pkg/glioscope.js').Added} Added
 * @typedef {import('../../www/pkg/glioscope.js').Assembly} Assembly
 * @typedef {import('../../www/pkg/glioscope.js').CaseInfo} CaseInfo
 * @typedef {import('../../www/pkg/glioscope.js').CaseMeasure} CaseMeasure
 * @typedef {import('../../www/pkg/glioscope.js').InputCheck} InputCheck
 * @typedef {import('../../www/pkg/glioscope.js').Inspection} Inspection
 * @typedef {import('../../www/pkg/glioscope.js').ModelInfo} ModelInfo
 * @typedef {import('../../www/pkg/glioscope.js').Segmented} Segmented
 * @typedef {import('../../www/pkg/glioscope.js').Settings} Settings
 * @typedef {import('../../www/pkg/glioscope.js').SliceInfo} SliceInfo
 * @typedef {import('../../www/pkg/glioscope.js').SliceMeasure} SliceMeasure
 * @typedef {import('../../www/pkg/glioscope.js').Spacing} Spacing
 */

/** @type {Promise<void> | undefined} */
let loading;

/**
 * Loads the WebAssembly module, once. Call it before anything else.
 * @param {BufferSource | WebAssembly.Module | Response | URL | string} [module] by default `glioscope_bg.wasm` of this package
 */
export function init(module) {
  return (loading ??= start(module).catch((error) => {
    loading = undefined;
    throw error;
  }));
}

/** @param {BufferSource | WebAssembly.Module | Response | URL | string} [module] */
async function start(module) {
  await load(module === undefined ? undefined : { module_or_path: module });
  for (const methods of [Session, Session.prototype, ZipStream.prototype]) throwErrors(methods);
}

/** Has methods throw `GlioscopeError`s: errors leave the WebAssembly module as plain objects. @param {object} methods */
function throwErrors(methods) {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(methods))) {
    if (typeof value !== 'function' || name === 'constructor' || name.startsWith('__')) continue;
    Object.defineProperty(methods, name, {
      configurable: true,
      writable: true,
      /** @this {unknown} @param {unknown[]} given */
      value(...given) {
        try {
          const result = value.apply(this, given);
          return result instanceof Promise ? result.catch(fail) : result;
        } catch (error) {
          return fail(error);
        }
      },
    });
  }
}

/** @param {unknown} error @returns {never} */
function fail(error) {
  throw error instanceof Error && !(error instanceof WebAssembly.RuntimeError) ? error : new GlioscopeError(faultOf(error));
}
