/**
 * Joins the two files of a NIfTI volume, `.hdr` and `.img`, to one source.
 */

/** @import { Source } from '../core/types.js' */

/** @param {Source[]} sources @returns {Source[]} */
export function joinPairs(sources) {
  const byName = new Map(sources.map((source) => [source.name, source]));
  /** @type {Set<Source>} */
  const joined = new Set();
  const pairs = sources.map((source) => {
    const [ending] = /\.(?:hdr|HDR)$/.exec(source.name) ?? [];
    const voxels = byName.get(source.name.slice(0, -4) + (ending === '.HDR' ? '.IMG' : '.img'));
    if (!ending || !voxels?.file) return source;
    joined.add(voxels);
    return { ...source, voxels: voxels.file };
  });
  return pairs.filter((_, at) => !joined.has(sources[at]));
}
