/**
 * The keyboard, wherever the focus is.
 */

/**
 * @typedef {object} Acts
 * @property {() => boolean} isOpen whether there are slices
 * @property {(slices: number) => void} step
 * @property {() => void} flip fill or outline
 * @property {() => void} hide the mask
 */

/** @param {Acts} acts */
export function listenForKeys({ isOpen, step, flip, hide }) {
  /** @type {Record<string, () => void>} */
  const anywhere = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), o: flip, h: hide };
  /** @type {Record<string, () => void>} These scroll the page, unless slices have the focus. */
  const onSlices = {
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    PageUp: () => step(-10),
    PageDown: () => step(10),
    Home: () => step(-Infinity),
    End: () => step(Infinity),
  };
  addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (!isOpen() || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return;
    // Sliders and radio buttons have their own use for arrows.
    if (key.length > 1 && target instanceof HTMLInputElement && target.type !== 'checkbox') return;
    const name = key.length === 1 ? key.toLowerCase() : key;
    const act = anywhere[name] ?? (target.closest('#stage, #strip') ? onSlices[name] : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  });
}
