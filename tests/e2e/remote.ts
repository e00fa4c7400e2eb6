/**
 * The page in a browser that Playwright cannot drive: what its tests ask and do, whichever protocol it speaks.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A place in the window, in CSS pixels. */
export interface Place { x: number; y: number }

export abstract class Remote {
  /** Runs a function in the page and returns its result, once that has settled. */
  abstract evaluate<Given, Result>(run: (given: Given) => Result | Promise<Result>, given: Given): Promise<Result>;

  /** Sets the files of an input. */
  abstract upload(selector: string, paths: string[]): Promise<void>;

  /** Presses a key. */
  abstract press(key: string): Promise<void>;

  /** Drags the mouse between two places of the window. */
  abstract drag(from: Place, to: Place): Promise<void>;

  abstract close(): Promise<void>;

  /**
   * Waits until a function in the page returns true. Puppeteer's own waiting compiles a string in the page, which the
   * page's policy forbids.
   */
  async until<Given>(limit: number, asked: (given: Given) => boolean, given: Given) {
    const end = Date.now() + limit;
    while (!(await this.evaluate(asked, given))) {
      if (Date.now() > end) throw new Error(`not within ${limit} ms: ${asked} of ${JSON.stringify(given)}`);
      await setTimeout(100);
    }
  }

  /** Waits for a state of the page. Fails at once where the state becomes `error` instead. */
  async is(state: string) {
    await this.until(1_700_000, (wanted) => [wanted, 'error'].includes(document.body.dataset.state ?? ''), state);
    const [found, notice] = await this.evaluate(
      () => [document.body.dataset.state, document.querySelector('#notice')?.textContent?.trim()], null,
    );
    if (found !== state) throw new Error(`the state is ${found}, not ${state}: ${notice}`);
  }

  /** Segments the slices of a folder and returns the archive of all results. */
  async segment(folder: string, button: string): Promise<Buffer> {
    await this.choose('#files', folder);
    await this.is('running');
    await this.is('done');
    return this.saved(button);
  }

  /** Chooses the files of a folder. */
  choose(selector: string, folder: string): Promise<void> {
    return this.upload(selector, readdirSync(folder).map((name) => join(folder, name)));
  }

  /** Waits until the text of an element matches. */
  async says(selector: string, words: RegExp) {
    const said = ([where, pattern, flags]: string[]) => new RegExp(pattern, flags).test(document.querySelector(where)?.textContent ?? '');
    await this.until(60_000, said, [selector, words.source, words.flags]);
  }

  /** The number of elements that match. */
  count(selector: string): Promise<number> {
    return this.evaluate((where) => document.querySelectorAll(where).length, selector);
  }

  /** Their texts, in order. */
  texts(selector: string): Promise<string[]> {
    return this.evaluate((where) => [...document.querySelectorAll(where)].map((element) => element.textContent?.trim() ?? ''), selector);
  }

  click(selector: string): Promise<void> {
    return this.evaluate((where) => document.querySelector<HTMLElement>(where)?.click(), selector);
  }

  /** The pixels inside the mask of the slice in view, as the page states them for screen readers. */
  async area(): Promise<number> {
    await this.until(60_000, () => /: [\d,]+ px$/.test(document.querySelector('#stage')?.getAttribute('aria-label') ?? ''), null);
    const label = await this.evaluate(() => document.querySelector('#stage')?.getAttribute('aria-label') ?? '', null);
    return Number(label.match(/: ([\d,]+) px$/)?.[1].replaceAll(',', ''));
  }

  /** Waits until the mask in view is larger or smaller than it was. */
  async changed(from: number): Promise<number> {
    for (let tries = 0; tries < 300; tries++) {
      const found = await this.area();
      if (found !== from) return found;
      await setTimeout(100);
    }
    throw new Error(`the mask still has ${from} pixels`);
  }

  /** Where a pixel of a slice of 256 x 256 is, which the stage shows whole and in its middle. */
  async place(x: number, y: number): Promise<Place> {
    const box = await this.evaluate(async () => {
      // A toolbar that has just appeared changes the size.
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const { left, top, width, height } = (document.querySelector('#stage canvas') as Element).getBoundingClientRect();
      return { left, top, width, height };
    }, null);
    const side = 256;
    const scale = Math.min(box.width, box.height) / side;
    return { x: box.left + (box.width - side * scale) / 2 + (x + 0.5) * scale, y: box.top + (box.height - side * scale) / 2 + (y + 0.5) * scale };
  }

  /** Drags the mouse between two such pixels; a click where they are the same. */
  async dragPixels([fromX, fromY]: [number, number], [toX, toY]: [number, number]) {
    await this.drag(await this.place(fromX, fromY), await this.place(toX, toY));
  }

  /** The archive that a button saves, taken before the browser downloads it. */
  async saved(button: string): Promise<Buffer> {
    await this.evaluate(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (given) => {
        if (given instanceof Blob && given.type.includes('zip')) {
          Object.assign(globalThis, { saved: given });
          URL.createObjectURL = make;
        }
        return make.call(URL, given);
      };
    }, null);
    await this.click(button);
    await this.until(120_000, (name) => name in globalThis, 'saved');
    const base64 = await this.evaluate(async () => {
      const { saved } = globalThis as unknown as { saved?: Blob };
      Reflect.deleteProperty(globalThis, 'saved');
      const bytes = new Uint8Array(await (saved ?? new Blob()).arrayBuffer());
      let text = '';
      for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
      return btoa(text);
    }, null);
    return Buffer.from(base64, 'base64');
  }
}
