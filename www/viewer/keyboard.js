/**
 * The keyboard, wherever the focus is. Single letters can be switched off, for those who speak to their computer.
 */

/**
 * @typedef {object} Acts
 * @property {() => boolean} isOpen whether there are slices
 * @property {Record<string, () => void>} anywhere by the key's name; letters in lower case
 * @property {Record<string, () => void>} onSlices these scroll the page unless slices have the focus
 * @property {Record<string, () => void>} withControl together with Ctrl, or Cmd on a Mac
 * @property {(x: number, y: number, far: boolean) => boolean} move an arrow on the stage, which may have its own use for it
 */

/** @type {Record<string, number[]>} */
export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @param {Acts} acts @param {HTMLInputElement} letters whether single letters count */
export function listenForKeys({ isOpen, anywhere, onSlices, withControl, move }, letters) {
  addEventListener('keydown', (event) => {
    const { target, key, shiftKey } = event;
    if (!isOpen() || event.altKey || !(target instanceof Element) || target.closest(':popover-open, dialog[open]')) return;
    if (target instanceof HTMLInputElement && ['number', 'text'].includes(target.type)) return;
    if (target instanceof HTMLTextAreaElement) return;
    const name = key.length === 1 ? key.toLowerCase() : key;
    if (event.ctrlKey || event.metaKey) {
      run(event, withControl[shiftKey ? `Shift+${name}` : name]);
      return;
    }
    // Letters choose in a list, as arrows do.
    if (target instanceof HTMLSelectElement) return;
    const onStage = target.closest('#stage') !== null;
    const way = ARROWS[name];
    if (onStage && way && move(way[0], way[1], shiftKey)) {
      event.preventDefault();
      return;
    }
    // Sliders, radio buttons and tabs have their own use for arrows.
    const own = (target instanceof HTMLInputElement && target.type !== 'checkbox') || target.closest('[role="tab"]');
    if (key.length > 1 && own) return;
    if (key.length === 1 && key !== '?' && !letters.checked && !onStage) return;
    // A space presses whatever button has the focus.
    if (key === ' ' && !onStage) return;
    run(event, anywhere[name] ?? (target.closest('#stage, #strip, #volume') ? onSlices[name] : undefined));
  });
}

/** @param {Event} event @param {(() => void) | undefined} act */
function run(event, act) {
  if (!act) return;
  event.preventDefault();
  act();
}
