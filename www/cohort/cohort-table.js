/**
 * All cases as a table that sorts and filters.
 */
import { find, make } from '../core/dom.js';
import { countOf, formatCount, formatMillilitres, formatScore, NONE } from '../core/format.js';
import { rove } from '../core/roving.js';
import { filtered, rowOf, sorted } from './rows.js';

/** @import { Store } from '../core/store.js' */
/** @import { Column, Row, Selection } from './rows.js' */
/** @typedef {(canvas: HTMLCanvasElement, slice: string) => Promise<void>} DrawThumbnail */

/** The side of a thumbnail in canvas pixels: 48 CSS pixels at double density. */
const SIDE = 96;
/** @type {Record<Column, string>} */
const HEADS = { name: 'Case', slices: 'Slices', volume: 'Volume', dice: 'Dice', predicted: 'Predicted Dice', check: 'Input check', edited: 'Edited' };
const CHECKS = { passed: 'passed', overruled: 'overruled', held: 'not segmented' };

export class CohortTable {
  #root = /** @type {HTMLDialogElement} */ (find('#cohort'));
  #text = /** @type {HTMLInputElement} */ (find('input[name="text"]', this.#root));
  #selection = /** @type {HTMLSelectElement} */ (find('select', this.#root));
  #count = find('output', this.#root);
  #body = find('tbody', this.#root);
  #stop = rove(this.#body, 'column');
  /** @type {{column: Column, descending: boolean}} */
  #order = { column: 'name', descending: false };
  /** By case id. @type {Map<string, {row: HTMLTableRowElement, canvas: HTMLCanvasElement, shown: string}>} */
  #rows = new Map();
  /** Draws the thumbnails of rows that are visible. */
  #observer;
  #store;
  #frame = 0;

  /** @param {Store} store @param {DrawThumbnail} drawThumbnail */
  constructor(store, drawThumbnail) {
    this.#store = store;
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const canvas = /** @type {HTMLCanvasElement} */ (target);
        if (isIntersecting && canvas.dataset.slice) void drawThumbnail(canvas, canvas.dataset.slice);
      }
    }, { root: find('.scroll', this.#root), rootMargin: '200px' });
    find('thead tr', this.#root).append(make('td'), ...Object.entries(HEADS).map(([column, name]) =>
      make('th', { scope: 'col' }, make('button', { type: 'button', className: 'link', value: column }, name))));
    find('thead', this.#root).addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#sortBy(/** @type {Column} */ (target.value));
    });
    this.#body.addEventListener('click', ({ target }) => {
      const id = target instanceof Element ? target.closest('tr')?.dataset.case : undefined;
      const open = id === undefined ? undefined : store.case(id);
      if (!open) return;
      this.#root.close();
      store.showLargest(open);
      find('#stage').focus({ preventScroll: true });
    });
    this.#root.addEventListener('input', () => this.#draw());
    find('.close', this.#root).addEventListener('click', () => this.#root.close());
    store.on('open', () => {
      this.#rows.clear();
      if (store.cases.length < 2) this.#root.close();
    });
    for (const change of /** @type {const} */ (['open', 'measure', 'settings', 'exercise'])) store.on(change, () => this.#schedule());
  }

  open() {
    this.#root.showModal();
    this.#draw();
  }

  /** @param {Column} column */
  #sortBy(column) {
    const again = this.#order.column === column;
    // Large values are more interesting, names begin with A.
    this.#order = { column, descending: again ? !this.#order.descending : column !== 'name' };
    this.#draw();
  }

  #schedule() {
    if (!this.#root.open) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    const { column, descending } = this.#order;
    const { cases, current } = this.#store;
    const rows = filtered(cases.map(rowOf), this.#text.value, /** @type {Selection} */ (this.#selection.value));
    const elements = sorted(rows, column, descending).map((row) => this.#show(row, row.id === current?.id));
    if (elements.length !== this.#body.children.length || elements.some((element, i) => element !== this.#body.children[i])) {
      const focused = document.activeElement;
      this.#body.replaceChildren(...elements);
      if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus({ preventScroll: true });
    }
    for (const button of this.#root.querySelectorAll('thead button')) {
      const sort = button.getAttribute('value') !== column ? 'none' : descending ? 'descending' : 'ascending';
      /** @type {HTMLElement} */ (button.parentElement).ariaSort = sort;
    }
    this.#count.textContent = rows.length === cases.length ? countOf(cases.length, 'case') : `${rows.length} of ${countOf(cases.length, 'case')}`;
    this.#stop.update();
  }

  /** The row of a case, with its values. @param {Row} row @param {boolean} current */
  #show(row, current) {
    let known = this.#rows.get(row.id);
    if (!known) {
      const canvas = make('canvas', { width: SIDE, height: SIDE });
      const element = make('tr', {}, make('td', {}, canvas), make('th', { scope: 'row' }, make('button', { type: 'button', className: 'link' }, row.name)),
        ...Object.keys(HEADS).slice(1).map(() => make('td')));
      element.dataset.case = row.id;
      known = { row: element, canvas, shown: '' };
      this.#rows.set(row.id, known);
    }
    known.row.ariaCurrent = String(current);
    const { slices, voxels, millilitres, dice, predicted, check, edited, largest } = row;
    const shown = [formatCount(slices), voxels === null ? NONE : millilitres === null ? countOf(voxels, 'voxel') : formatMillilitres(millilitres),
      formatScore(dice), predicted === null ? NONE : predicted.toFixed(2), CHECKS[check], edited === 0 ? NONE : formatCount(edited)];
    [...known.row.cells].slice(2).forEach((cell, i) => {
      if (cell.textContent !== shown[i]) cell.textContent = shown[i];
    });
    known.row.cells[6].dataset.is = check;
    // Observing again draws it again if it is visible.
    const key = `${largest} ${voxels} ${edited}`;
    if (known.shown !== key) {
      known.shown = key;
      known.canvas.dataset.slice = largest;
      this.#observer.unobserve(known.canvas);
      this.#observer.observe(known.canvas);
    }
    return known.row;
  }
}
