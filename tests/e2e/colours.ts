/**
 * Simulates colour vision deficiencies, and measures the distance between two colours as seen with each of them.
 */
import type { Rgb } from './stage.ts';

/** Matrices for linear RGB and a complete deficiency: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009. */
const VISIONS = {
  'full colour vision': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

export type Vision = keyof typeof VISIONS;

export const visions = Object.keys(VISIONS) as Vision[];

/** CIELAB under D65: L* (0 to 100), a* and b*. */
export function lab(colour: Rgb, vision: Vision): number[] {
  const linear = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const seen = VISIONS[vision].map((row) => Math.min(1, Math.max(0, dot(row, linear))));
  const [x, y, z] = [[0.4339, 0.3762, 0.1899], [0.2127, 0.7152, 0.0722], [0.0178, 0.1095, 0.8727]].map((row) => {
    const part = dot(row, seen);
    return part > 216 / 24389 ? Math.cbrt(part) : ((24389 / 27) * part + 16) / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The distance between two colours in CIELAB. A distance of 2 is just visible side by side; areas on tissue need far more. */
export function colourDistance(a: Rgb, b: Rgb, vision: Vision): number {
  const [one, other] = [lab(a, vision), lab(b, vision)];
  return Math.hypot(...one.map((value, i) => value - other[i]));
}

/** Parses `#rrggbb` or `rgb(r, g, b)`. */
export function parseColour(colour: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(colour)?.slice(1).map((part) => parseInt(part, 16));
  const found = hex ?? colour.match(/\d+/g)?.slice(0, 3).map(Number);
  if (found?.length !== 3) throw new Error(`${colour} is not a colour`);
  return found as Rgb;
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
