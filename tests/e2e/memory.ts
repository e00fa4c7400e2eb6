/**
 * What the page and its workers take.
 */
import type { Page } from '@playwright/test';

/** A change of `pkg/glioscope.js` that shows wasm's memory, which the package keeps to itself. */
export const shown = (source: string) => `{ const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...given) => {
    const result = await instantiate(...given);
    self.wasmMemory = (result.instance ?? result).exports.memory;
    return result;
  }; }\n${source}`;

/** Bytes after a collection: the page's heap, the buffers that it holds on to, and the wasm memory of all workers. */
export async function memory(page: Page) {
  const client = await page.context().newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize = 0 } = (await client.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number };
  await client.detach();
  const size = () => (self as unknown as { wasmMemory: WebAssembly.Memory }).wasmMemory.buffer.byteLength;
  const sizes = await Promise.all(page.workers().map((worker) => worker.evaluate(size)));
  return { heap: usedSize, buffers: backingStorageSize, wasm: sizes.reduce((sum, bytes) => sum + bytes, 0), workers: sizes.length };
}
