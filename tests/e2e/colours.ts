/**
 * Colours as people see them who lack one kind of cones, and how far apart two colours are for them.
 */
import type { Rgb } from './stage.ts';

/** In linear light, for a complete lack: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009. */
const EYES = {
  'full colour vision': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

export type Eye = keyof typeof EYES;

export const eyes = Object.keys(EYES) as Eye[];

/** CIELAB under D65: lightness 0 to 100, then how red and how yellow. */
export function lab(colour: Rgb, eye: Eye): number[] {
  const light = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  const seen = EYES[eye].map((row) => Math.min(1, Math.max(0, dot(row, light))));
  const [x, y, z] = [[0.4339, 0.3762, 0.1899], [0.2127, 0.7152, 0.0722], [0.0178, 0.1095, 0.8727]].map((row) => {
    const part = dot(row, seen);
    return part > 216 / 24389 ? Math.cbrt(part) : ((24389 / 27) * part + 16) / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The distance of two colours in CIELAB; 2 can just be told apart side by side, areas on tissue need far more. */
export function apart(a: Rgb, b: Rgb, eye: Eye): number {
  const [one, other] = [lab(a, eye), lab(b, eye)];
  return Math.hypot(...one.map((value, i) => value - other[i]));
}

/** `#rrggbb` or `rgb(r, g, b)` in parts. */
export function parts(colour: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(colour)?.slice(1).map((part) => parseInt(part, 16));
  const found = hex ?? colour.match(/\d+/g)?.slice(0, 3).map(Number);
  if (found?.length !== 3) throw new Error(`${colour} is no colour`);
  return found as Rgb;
}

function dot(a: number[], b: number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
