/**
 * Where the engine gets its workers, its modules and its model from. The page and the npm package have a host each.
 *
 * @typedef {'worker.js' | 'gpu-worker.js' | 'formats-worker.js'} Script
 * @typedef {'glioscope' | 'gpu' | 'formats'} ModuleName
 * @typedef {(bytes: number) => void} OnChunk gets the size of each chunk that arrives, after decompression
 */

/**
 * @typedef {object} Host
 * @property {(script: Script, name: string) => Worker} startWorker
 * @property {(script: Script, name: string) => Promise<Worker | null>} restartWorker another way to start a worker whose script was not loaded; null where there is none
 * @property {(module: ModuleName, onChunk?: OnChunk) => Promise<WebAssembly.Module>} fetchModule
 * @property {() => Promise<number | null>} totalBytes of the module and the model for the CPU, before compression; null where it is not known
 */

/**
 * The files of a model. A call that failed may be repeated. Without a card, reports lack the figures of the model.
 * @typedef {object} Model
 * @property {(onChunk: OnChunk) => Promise<Uint8Array>} manifest `model.json`
 * @property {(onChunk: OnChunk) => Promise<Uint8Array>} weights `weights.safetensors`
 * @property {(onChunk: OnChunk) => Promise<Uint8Array | undefined>} card `card.json`
 */

export {};
