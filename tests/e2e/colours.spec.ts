/**
 * Colours: the chosen colour is the one drawn, and the drawn colours are distinguishable with every kind of colour vision.
 */
import type { Page } from '@playwright/test';
import { colourDistance, lab, parseColour, visions } from './colours.ts';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { area, colourAt, drag, drawn, type Rgb } from './stage.ts';

/** The side of a phantom's slice. */
const SIDE = 256;
/** The smallest CIELAB distance at which two areas on a slice are clearly distinguishable. */
const CLEAR = 20;
/** A pixel in the middle of the lesion, and one in tissue far from it. */
const [LESION, TISSUE] = [[163, 85], [100, 150]] as const;

test.beforeEach(async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await area(page);
});

/** The colour of a swatch's border, which is opaque. */
async function swatch(page: Page, selector: string): Promise<Rgb> {
  return parseColour(await page.locator(selector).evaluate((element) => getComputedStyle(element).borderTopColor));
}

/** The number of pixels of the current thumbnail that are close to `colour`, blended over tissue. */
async function countColour(page: Page, colour: Rgb): Promise<number> {
  return page.locator('#strip [aria-current] canvas').evaluate((canvas: HTMLCanvasElement, wanted) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      // A blend of 75 % of the colour and 25 % grey.
      const grey = wanted.map((value, channel) => (data[i + channel] - 0.75 * value) / 0.25);
      count += Number(Math.max(...grey) - Math.min(...grey) < 24 && Math.min(...grey) > -24);
    }
    return count;
  }, colour);
}

test('the chosen mask colour is used on the slice, on its thumbnail, in the bars and in the legend @full', async ({ page }) => {
  await page.locator('input[name="reference"]').uncheck();
  await page.locator('input[name="opacity"]').fill('100');
  const choices = await page.getByRole('radiogroup', { name: 'Mask colour' }).getByRole('radio').all();
  expect(choices.length).toBeGreaterThanOrEqual(4);
  for (const choice of choices) {
    await choice.check();
    const colour = parseColour((await choice.getAttribute('value')) ?? '');
    await expect.poll(() => colourAt(page, ...LESION, SIDE)).toEqual(colour);
    expect(new Set(await colourAt(page, ...TISSUE, SIDE)).size, 'tissue stays grey').toBe(1);
    await expect.poll(() => countColour(page, colour), { message: 'on the thumbnail' }).toBeGreaterThan(500);
    expect(await swatch(page, '#legend .is-mask')).toEqual(colour);
    expect(parseColour(await page.locator('#profile .area').evaluate((bars) => getComputedStyle(bars).fill))).toEqual(colour);
  }
});

test('true positives, false positives and false negatives have colours that are distinguishable from each other and from tissue', async ({ page }) => {
  // A false positive and a false negative, each far larger than the network's own errors here.
  await page.keyboard.press('b');
  await drag(page, [80, 150], [120, 150], SIDE);
  await page.keyboard.press('e');
  await drag(page, [LESION[0] - 6, LESION[1]], [LESION[0] + 6, LESION[1]], SIDE);
  await page.keyboard.press('v');
  await page.keyboard.press('a');
  await page.mouse.move(5, 5);
  const places: Record<string, readonly [number, number]> = { tp: [LESION[0], LESION[1] + 22], fp: TISSUE, fn: LESION };
  const pick = async () => {
    await drawn(page);
    const found: Record<string, Rgb> = {};
    for (const [name, [x, y]] of Object.entries(places)) found[name] = await colourAt(page, x, y, SIDE);
    return found;
  };
  await page.locator('input[name="opacity"]').fill('100');
  for (const name of Object.keys(places)) expect((await pick())[name], name).toEqual(await swatch(page, `#legend .is-${name}`));
  const whole = await pick();
  // The fraction of the colour that remains at the lowest opacity.
  await page.locator('input[name="opacity"]').fill('5');
  const faint = await pick();
  await page.keyboard.press('h');
  const bare = await pick();
  const fraction = (faint.fp[0] - bare.fp[0]) / (whole.fp[0] - bare.fp[0]);
  expect(fraction, 'the overlay is visible at the lowest opacity').toBeGreaterThan(0.3);
  const close: string[] = [];
  for (const vision of visions) {
    for (let grey = 0; grey <= 255; grey += 15) {
      const tissue: Rgb = [grey, grey, grey];
      const over = (colour: Rgb) => colour.map((value) => fraction * value + (1 - fraction) * grey) as Rgb;
      const seen = Object.entries({ tp: over(whole.tp), fp: over(whole.fp), fn: over(whole.fn), tissue });
      for (const [i, [name, colour]] of seen.entries()) {
        for (const [other, otherColour] of seen.slice(i + 1)) {
          const distance = colourDistance(colour, otherColour, vision);
          if (distance < CLEAR) close.push(`${name} and ${other} on grey ${grey} with ${vision}: ${distance.toFixed(1)}`);
        }
      }
    }
  }
  expect(close).toEqual([]);
});

test('the default colours of mask and reference are distinguishable with every kind of colour vision', async ({ page }) => {
  const [mask, reference] = [await swatch(page, '#legend .is-mask'), await swatch(page, '#legend .is-reference')];
  for (const vision of visions) expect(colourDistance(mask, reference, vision), vision).toBeGreaterThan(2 * CLEAR);
});

test('the heat map gets lighter with the probability, with every kind of colour vision @full', async ({ page }) => {
  await page.keyboard.press('p');
  const ramp = await page.locator('#legend canvas').evaluate((bar: HTMLCanvasElement) => {
    const data = bar.getContext('2d')?.getImageData(0, bar.height >> 1, bar.width, 1).data ?? [];
    return Array.from({ length: bar.width }, (_, x) => [data[4 * x], data[4 * x + 1], data[4 * x + 2]] as [number, number, number]);
  });
  // On this slice the probability is close to 1 in the lesion and close to 0 far from it.
  await page.locator('input[name="opacity"]').fill('100');
  await page.locator('input[name="reference"]').uncheck();
  expect(colourDistance(await colourAt(page, ...LESION, SIDE), ramp[ramp.length - 1], 'full colour vision')).toBeLessThan(5);
  expect(new Set(await colourAt(page, ...TISSUE, SIDE)).size, 'tissue stays grey').toBe(1);
  // A white line marks the threshold.
  const stops = ramp.filter((colour, x) => x % 5 === 0 && Math.min(...colour) < 250);
  expect(stops.length).toBeGreaterThan(20);
  for (const vision of visions) {
    const lightness = stops.map((colour) => lab(colour, vision)[0]);
    expect(lightness, vision).toEqual([...lightness].sort((a, b) => a - b));
  }
});
