/**
 * Folders of several layouts, and what `train inspect` reads them as.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { excerpt, MODEL, phantoms, train } from './files.ts';
import { png, zip } from './making.ts';

interface Slice { file: string; page: number; contrasts: string[]; reference: string | null; reference_pixels: number | null }
interface Unused { file: string; reason: string }

/** The JSON of `train inspect`. */
export interface Inspection {
  cases: { name: string; slices: Slice[] }[];
  passed_over: Unused[];
  refused: Unused[];
}

/** What the native program reads a folder or zip as. */
export function inspect(path: string): Inspection {
  const json = join(mkdtempSync(join(tmpdir(), 'glioscope-reading-')), 'reading.json');
  train('inspect', path, '--json', json, '--model', MODEL);
  return JSON.parse(readFileSync(json, 'utf8')) as Inspection;
}

/** The lines of the page for the files of a case. */
export function lines({ slices }: Inspection['cases'][number]): string[] {
  return slices.map(({ file, reference, reference_pixels: pixels }) =>
    file + (reference === null ? '' : `; reference ${reference}, ${new Intl.NumberFormat('en').format(pixels ?? 0)} ${pixels === 1 ? 'pixel' : 'pixels'}`));
}

/** A folder with slices and references in two folders, files that are no slices, and a file that cannot be read. */
export function mixed(): string {
  const root = join(mkdtempSync(join(tmpdir(), 'glioscope-mixed-')), 'set');
  const [images, masks] = ['images', 'masks'].map((name) => join(root, name));
  for (const folder of [images, masks]) mkdirSync(folder, { recursive: true });
  const patient = excerpt(phantoms()[0], 2);
  for (const name of readdirSync(patient)) {
    const isMask = name.includes('_mask');
    copyFileSync(join(patient, name), join(isMask ? masks : images, name.replace('_mask', '')));
  }
  for (const name of ['README.md', 'list.csv', 'Thumbs.db', 'data.xyz', 'images/._1.tif']) writeFileSync(join(root, name), 'no slice');
  writeFileSync(join(root, 'broken.tif'), 'no slice');
  return root;
}

/** A folder with grey files whose names end in 0000, 0001 and 0002. */
export function channels(): string {
  const root = join(mkdtempSync(join(tmpdir(), 'glioscope-channels-')), 'set');
  mkdirSync(root);
  for (const slice of [1, 2]) {
    for (const channel of [0, 1, 2]) {
      const level = (x: number, y: number) => (Math.hypot(x - 32, y - 32) < 25 ? 60 + 40 * channel + ((x * y * slice) % 17) : 0);
      writeFileSync(join(root, `P_${slice}_000${channel}.png`), png(64, 64, (x, y) => Array(3).fill(level(x, y))));
    }
  }
  return root;
}

/** A new folder with the zip of a folder. The names in the zip are relative to the folder. */
export function zipped(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const out = mkdtempSync(join(tmpdir(), 'glioscope-zipped-'));
  const files = new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
  writeFileSync(join(out, `${basename(folder)}.zip`), zip(files));
  return out;
}
