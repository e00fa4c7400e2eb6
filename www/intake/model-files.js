/**
 * Recognises the files of a model among dropped files: the folder that `train fit` writes, or a zip of it.
 */
import { list, unpack } from '../core/zip.js';

/** @import { Source } from '../core/types.js' */
/** @typedef {{name: string, manifest: Blob | Uint8Array, weights: Blob | Uint8Array, card?: Blob | Uint8Array}} ModelFiles `name`: of the folder or zip, for people */

const MANIFEST = 'model.json';
const WEIGHTS = 'weights.safetensors';
const CARD = 'card.json';

/** The model, or null where the files are none. @param {Source[]} sources @returns {Promise<ModelFiles | null>} */
export async function modelIn(sources) {
  const [first] = sources;
  if (sources.length === 1 && first.file) return inArchive(first.name, first.file);
  const manifest = fileOf(sources, MANIFEST);
  const weights = fileOf(sources, WEIGHTS);
  if (!manifest?.file || !weights?.file) return null;
  return {
    name: folderOf(manifest.name) || MANIFEST,
    manifest: manifest.file,
    weights: weights.file,
    card: fileOf(sources, CARD)?.file ?? undefined,
  };
}

/** @param {string} name @param {Blob} archive @returns {Promise<ModelFiles | null>} */
async function inArchive(name, archive) {
  // A file that cannot be read is no archive. The library reports it.
  const entries = await list(archive).catch(() => []);
  const [manifest, weights, card] = [MANIFEST, WEIGHTS, CARD].map((file) => fileOf(entries, file));
  if (!manifest || !weights) return null;
  const [manifestBytes, weightsBytes, cardBytes] = await Promise.all(
    [manifest, weights, card].map((entry) => (entry ? unpack(archive, entry) : undefined)),
  );
  if (!manifestBytes || !weightsBytes) return null;
  return { name, manifest: manifestBytes, weights: weightsBytes, card: cardBytes };
}

/** @template {{name: string}} T @param {T[]} files @param {string} name without its folders */
function fileOf(files, name) {
  return files.find((file) => file.name.split('/').at(-1) === name);
}

/** @param {string} path */
function folderOf(path) {
  return path.split('/').slice(0, -1).join('/');
}
