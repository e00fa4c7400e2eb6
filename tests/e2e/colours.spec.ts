/**
 * Colours: what is chosen is what is drawn, and what is drawn can be told apart by everyone.
 */
import type { Page } from '@playwright/test';
import { apart, eyes, lab, parts } from './colours.ts';
import { excerpt, phantoms } from './files.ts';
import { expect, test } from './page.ts';
import { area, colourAt, drag, drawn, type Rgb } from './stage.ts';

/** The side of a phantom's slice. */
const SIDE = 256;
/** What two areas need to be told apart on a slice, in CIELAB. */
const CLEAR = 20;
/** In the middle of the lesion, and in tissue far from it. */
const [LESION, TISSUE] = [[163, 85], [100, 150]] as const;

test.beforeEach(async ({ scope, page }) => {
  await scope.open('?backend=cpu');
  await scope.chooseFolder(excerpt(phantoms()[0], 3));
  await scope.is('done');
  await area(page);
});

/** The colour of a border, which a swatch has in full. */
async function swatch(page: Page, selector: string): Promise<Rgb> {
  return parts(await page.locator(selector).evaluate((element) => getComputedStyle(element).borderTopColor));
}

/** How many pixels of the thumbnail in view are nearly of a colour, laid over tissue. */
async function ofColour(page: Page, colour: Rgb): Promise<number> {
  return page.locator('#strip [aria-current] canvas').evaluate((canvas: HTMLCanvasElement, wanted) => {
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      // Three quarters of the colour, one of some grey.
      const grey = wanted.map((value, part) => (data[i + part] - 0.75 * value) / 0.25);
      count += Number(Math.max(...grey) - Math.min(...grey) < 24 && Math.min(...grey) > -24);
    }
    return count;
  }, colour);
}

test('the mask has the colour that is chosen, on the slice, its thumbnail, the bars and in the legend', async ({ page }) => {
  await page.locator('input[name="reference"]').uncheck();
  await page.locator('input[name="opacity"]').fill('100');
  const choices = await page.getByRole('radiogroup', { name: 'Mask colour' }).getByRole('radio').all();
  expect(choices.length).toBeGreaterThanOrEqual(4);
  for (const choice of choices) {
    await choice.check();
    const colour = parts((await choice.getAttribute('value')) ?? '');
    await expect.poll(() => colourAt(page, ...LESION, SIDE)).toEqual(colour);
    expect(new Set(await colourAt(page, ...TISSUE, SIDE)).size, 'tissue stays grey').toBe(1);
    await expect.poll(() => ofColour(page, colour), { message: 'on the thumbnail' }).toBeGreaterThan(500);
    expect(await swatch(page, '#legend .is-mask')).toEqual(colour);
    expect(parts(await page.locator('#profile .area').evaluate((bars) => getComputedStyle(bars).fill))).toEqual(colour);
  }
});

test('true, false and missed areas are drawn in three colours that everyone tells apart, and from bare tissue', async ({ page }) => {
  // A false area and a missed one, each far larger than what the network gets wrong here.
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
  // How much of them is left where the overlay is as faint as it can be set.
  await page.locator('input[name="opacity"]').fill('5');
  const faint = await pick();
  await page.keyboard.press('h');
  const bare = await pick();
  const share = (faint.fp[0] - bare.fp[0]) / (whole.fp[0] - bare.fp[0]);
  expect(share, 'a faint overlay can still be read').toBeGreaterThan(0.3);
  const close: string[] = [];
  for (const eye of eyes) {
    for (let grey = 0; grey <= 255; grey += 15) {
      const tissue: Rgb = [grey, grey, grey];
      const over = (colour: Rgb) => colour.map((value) => share * value + (1 - share) * grey) as Rgb;
      const seen = Object.entries({ tp: over(whole.tp), fp: over(whole.fp), fn: over(whole.fn), tissue });
      for (const [i, [name, colour]] of seen.entries()) {
        for (const [other, beside] of seen.slice(i + 1)) {
          const distance = apart(colour, beside, eye);
          if (distance < CLEAR) close.push(`${name} and ${other} on grey ${grey} with ${eye}: ${distance.toFixed(1)}`);
        }
      }
    }
  }
  expect(close).toEqual([]);
});

test('mask and reference are told apart by everyone in the colours that the page comes with', async ({ page }) => {
  const [mask, reference] = [await swatch(page, '#legend .is-mask'), await swatch(page, '#legend .is-reference')];
  for (const eye of eyes) expect(apart(mask, reference, eye), eye).toBeGreaterThan(2 * CLEAR);
});

test('the heat map grows lighter with the probability, for everyone', async ({ page }) => {
  await page.keyboard.press('p');
  const ramp = await page.locator('#legend canvas').evaluate((bar: HTMLCanvasElement) => {
    const data = bar.getContext('2d')?.getImageData(0, bar.height >> 1, bar.width, 1).data ?? [];
    return Array.from({ length: bar.width }, (_, x) => [data[4 * x], data[4 * x + 1], data[4 * x + 2]] as [number, number, number]);
  });
  // On the slice the network is sure of the lesion, and sure that there is none far from it.
  await page.locator('input[name="opacity"]').fill('100');
  await page.locator('input[name="reference"]').uncheck();
  expect(apart(await colourAt(page, ...LESION, SIDE), ramp[ramp.length - 1], 'full colour vision')).toBeLessThan(5);
  expect(new Set(await colourAt(page, ...TISSUE, SIDE)).size, 'tissue stays grey').toBe(1);
  // A white line stands where the threshold is.
  const stops = ramp.filter((colour, x) => x % 5 === 0 && Math.min(...colour) < 250);
  expect(stops.length).toBeGreaterThan(20);
  for (const eye of eyes) {
    const lightness = stops.map((colour) => lab(colour, eye)[0]);
    expect(lightness, eye).toEqual([...lightness].sort((a, b) => a - b));
  }
});
