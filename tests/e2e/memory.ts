/**
 * The memory of the page and its workers.
 */
import type { Page } from '@playwright/test';

/** Changes `pkg/glioscope.js` so that `self.wasmMemory` is the wasm memory, which the package does not export. */
export const exposeMemory = (source: string) => `{ const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...given) => {
    const result = await instantiate(...given);
    self.wasmMemory = (result.instance ?? result).exports.memory;
    return result;
  }; }\n${source}`;

/** Bytes after a garbage collection: the page's heap, its buffers, and the wasm memory of all workers. */
export async function memory(page: Page) {
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await client.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number };
  await client.detach();
  const size = () => (self as unknown as { wasmMemory: WebAssembly.Memory }).wasmMemory.buffer.byteLength;
  const sizes = await Promise.all(page.workers().map((worker) => worker.evaluate(size)));
  return { heap: usedSize, buffers: backingStorageSize, wasm: sizes.reduce((sum, bytes) => sum + bytes, 0), workers: sizes.length };
}
