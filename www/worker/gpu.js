/**
 * Asks the browser for its GPU before Burn does. Runs in the worker.
 */

/**
 * What the browser offers. `usable`: the network can run there. `preferable`: it is hardware, so it should. `software`:
 * it is the CPU under another name. `limits` and `features` are the adapter's.
 * @typedef {{usable: boolean, preferable: boolean, software: boolean, adapter: string, why: string, limits: Record<string, number>, features: string[]}} Offer
 */

/** Drivers that compute on the CPU and call themselves a GPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** @returns {Promise<Offer>} */
export async function probe() {
  if (!navigator.gpu) return refused('', 'this browser offers no WebGPU');
  // As Burn asks for it: where there are two GPUs, the one that is named is then the one that runs.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return refused('', 'WebGPU offers no adapter');
  const { vendor, architecture, device, description } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  // The runtime opens a query set with every stream and panics where there is none.
  if (!adapter.features.has('timestamp-query')) return refused(name, `${name} lacks timestamp-query`);
  const software = adapter.info.isFallbackAdapter || SOFTWARE.test(`${name} ${architecture}`);
  return {
    usable: true,
    preferable: !software,
    software,
    limits: limitsOf(adapter),
    features: [...adapter.features].sort(),
    adapter: software ? `${name}, a software adapter` : name,
    why: software ? `${name} is a software adapter, slower than the CPU path` : '',
  };
}

/**
 * @param {string} adapter
 * @param {string} why
 * @returns {Offer}
 */
function refused(adapter, why) {
  return { usable: false, preferable: false, software: false, adapter, why, limits: {}, features: [] };
}

/** Those that decide what the network's kernels may do. @param {GPUAdapter} adapter */
function limitsOf({ limits }) {
  const names = /** @type {const} */ ([
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeInvocationsPerWorkgroup',
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupsPerDimension',
  ]);
  return Object.fromEntries(names.map((name) => [name, limits[name]]));
}

/**
 * Reports when a device that is opened from now on is lost or refuses a shader. Both would otherwise pass in silence
 * and leave stale numbers in the result, and the runtime does not hand its device out: so it is caught at its creation.
 * @param {(message: string) => void} report
 */
export function watchDevices(report) {
  if (typeof GPUAdapter === 'undefined') return;
  const open = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await open.call(this, descriptor);
    device.addEventListener('uncapturederror', (event) => report(`the GPU refused work: ${event.error.message}`));
    void device.lost.then(({ reason, message }) => report(`the GPU device was lost (${reason}): ${message || 'no reason given'}`));
    return device;
  };
}
