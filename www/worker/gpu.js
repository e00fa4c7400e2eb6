/**
 * Asks the browser for its GPU before Burn does. Runs in the worker.
 */

/**
 * What the browser offers. `usable`: the network can run on it. `preferable`: it is a hardware GPU. `software`: it is an
 * adapter that computes on the CPU. `limits` and `features` are the adapter's.
 * @typedef {{usable: boolean, preferable: boolean, software: boolean, adapter: string, why: string, limits: Record<string, number>, features: string[]}} GpuOffer
 */

/** Drivers that compute on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** @returns {Promise<GpuOffer>} */
export async function probe() {
  if (!navigator.gpu) return unusable('', 'this browser offers no WebGPU');
  // The same request as Burn's: on a machine with two GPUs, the one named here is the one that runs.
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return unusable('', 'WebGPU offers no adapter');
  const { vendor, architecture, device, description } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  // CubeCL opens a query set with every stream and panics without this feature.
  if (!adapter.features.has('timestamp-query')) return unusable(name, `${name} lacks timestamp-query`);
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
 * @returns {GpuOffer}
 */
function unusable(adapter, why) {
  return { usable: false, preferable: false, software: false, adapter, why, limits: {}, features: [] };
}

/** The limits that decide whether the network's kernels can run. @param {GPUAdapter} adapter */
export function limitsOf({ limits }) {
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
 * Reports when a device that is opened from now on is lost or rejects a shader. Otherwise both would pass without an
 * error and leave old numbers in the result. The runtime does not expose its device, so `requestDevice` is wrapped.
 * @param {(message: string) => void} report
 */
export function watchDevices(report) {
  if (typeof GPUAdapter === 'undefined') return;
  const requestDevice = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    device.addEventListener('uncapturederror', (event) => report(`the GPU rejected work: ${event.error.message}`));
    void device.lost.then(({ reason, message }) => report(`the GPU device was lost (${reason}): ${message || 'no reason given'}`));
    return device;
  };
}
