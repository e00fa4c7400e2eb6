/** @import { Fault } from './types.js' */

/** A fault as an exception. `lost` says that the worker it came from is gone, and its wasm instance with it. */
export class FaultError extends Error {
  /**
   * @param {Fault} fault
   * @param {boolean} [lost]
   */
  constructor(fault, lost = false) {
    super(fault.message);
    this.name = 'FaultError';
    this.fault = fault;
    this.lost = lost;
  }
}

/**
 * Whatever was thrown, as a fault with a kind, the file it names if any, and a reason in words.
 * @param {unknown} thrown
 * @returns {Fault}
 */
export function faultOf(thrown) {
  if (thrown instanceof FaultError) return thrown.fault;
  // A trap says nothing about its cause; what Rust said before it arrives by the panic hook.
  if (thrown instanceof WebAssembly.RuntimeError) return { kind: 'panic', file: null, message: thrown.message };
  if (typeof thrown === 'object' && thrown !== null && 'kind' in thrown && 'message' in thrown) {
    const file = 'file' in thrown && typeof thrown.file === 'string' ? thrown.file : null;
    return { kind: String(thrown.kind), file, message: String(thrown.message) };
  }
  return { kind: 'page', file: null, message: thrown instanceof Error ? thrown.message : String(thrown) };
}
