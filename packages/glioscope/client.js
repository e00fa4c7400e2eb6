/**
 * The library in workers of a page, on WebGPU and the CPU: what the page of glioscope runs on.
 */
import { GlioscopeError } from '../../www/core/errors.js';
import { Engine as Client } from '../../www/engine/engine.js';
import { modelOf } from '../../www/engine/model.js';
import { packageHost } from './host.js';

export { Client, GlioscopeError };

/** @import { Backend, DeviceReport } from '../../www/core/types.js' */
/** @import { ModelSource } from '../../www/engine/model.js' */
/**
 * @typedef {import('../../www/core/types.js').Assembly} Assembly
 * @typedef {import('../../www/core/types.js').CaseInfo} CaseInfo
 * @typedef {import('../../www/core/types.js').CaseMeasure} CaseMeasure
 * @typedef {import('../../www/core/types.js').ErrorCode} ErrorCode
 * @typedef {import('../../www/core/types.js').Fault} Fault
 * @typedef {import('../../www/core/types.js').ModelInfo} ModelInfo
 * @typedef {import('../../www/core/types.js').Segmented} Segmented
 * @typedef {import('../../www/core/types.js').SliceInfo} SliceInfo
 * @typedef {import('../../www/core/types.js').Source} Source
 * @typedef {import('../../www/core/types.js').Spacing} Spacing
 */

/**
 * @typedef {object} ClientOptions
 * @property {ModelSource} model its files, as from `glioscope-model`, or the address of their folder
 * @property {readonly Backend[]} [backends] what may compute: `webgpu`, `cpu`, or both (the default), which runs on the faster one
 * @property {number} [workers] how many workers to use on the CPU; by default one for each core, up to 4
 * @property {AbortSignal} [signal] closes the client, also while it starts
 * @property {(progress: {received: number, total: number | null}) => void} [onProgress] bytes of the module and the model for the CPU; `total` is null where it is not known
 * @property {(report: DeviceReport) => void} [onReport] a device has started, has been tested, or is not used any more
 * @property {(backend: Backend, error: GlioscopeError) => void} [onLost] a worker was lost. A new one takes over; nothing is lost
 * @property {(error: GlioscopeError) => void} [onDead] nothing more can be computed. With code `device`, earlier results may be wrong
 */

/**
 * Starts the workers. Resolves when the self-test has passed.
 *
 * Rejects with a `GlioscopeError` with code `gone` where nothing can be computed, and with the reason of `signal` where that was aborted.
 * @param {ClientOptions} options
 * @returns {Promise<Client>}
 */
export async function createClient({ model, backends = ['webgpu', 'cpu'], workers, signal, onProgress, onReport, onLost, onDead }) {
  signal?.throwIfAborted();
  const client = new Client({ host: packageHost, model: modelOf(model), backends, workers: workers ?? null }, {
    onDownload: (received, total) => onProgress?.({ received, total }),
    onReport: (report) => onReport?.(report),
    onLost: (backend, fault) => onLost?.(backend, new GlioscopeError(fault)),
    onDead: (fault) => onDead?.(new GlioscopeError(fault)),
  });
  signal?.addEventListener('abort', () => client.close(), { once: true });
  try {
    await client.start();
    await client.selfTest();
    return client;
  } catch (error) {
    client.close();
    signal?.throwIfAborted();
    throw error;
  }
}
