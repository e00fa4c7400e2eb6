/**
 * A made-up NIfTI volume.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { excerpt, phantoms, readSamples } from './files.ts';
import { nifti } from './making.ts';

/** Millimetres: about the pixels of the training data, so that the volume is hardly scaled. */
const [PIXEL, SLICE] = [0.875, 5];

/** A folder with the FLAIR of a synthetic patient as a volume whose columns are stored from the left to the right of the patient. */
export function volume(): string {
  const patient = excerpt(phantoms()[0], 4);
  const name = basename(patient);
  const slices = [1, 2, 3, 4].map((place) => {
    const files = readdirSync(patient).filter((file) => !file.includes('_mask'));
    const numbers = files.map((file) => Number(/_(\d+)\.tif$/.exec(file)?.[1])).sort((a, b) => a - b);
    return readSamples(readFileSync(join(patient, `${name}_${numbers[place - 1]}.tif`)));
  });
  const [{ width, height, channels }] = slices;
  const flair = (x: number, y: number, z: number) => slices[z].samples[(y * width + (width - 1 - x)) * channels + 1];
  const folder = join(mkdtempSync(join(tmpdir(), 'glioscope-volume-')), name);
  mkdirSync(folder);
  const affine = [[PIXEL, 0, 0, -100], [0, -PIXEL, 0, 120], [0, 0, SLICE, -30]];
  writeFileSync(join(folder, `${name}_flair.nii.gz`), gzipSync(nifti([width, height, slices.length], affine, flair)));
  return folder;
}
