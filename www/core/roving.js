/**
 * One tab stop for many controls, as in the WAI-ARIA toolbar pattern: arrow keys move between them.
 */

/** The keys of a row and of a column. */
const KEYS = { row: ['ArrowLeft', 'ArrowRight'], column: ['ArrowUp', 'ArrowDown'] };

/** @param {HTMLElement} root @param {'row' | 'column'} direction */
export function rove(root, direction) {
  const [back, forward] = KEYS[direction];
  const all = () => /** @type {(HTMLButtonElement | HTMLInputElement)[]} */ ([...root.querySelectorAll('button, input')]);
  const usable = () => all().filter((control) => !control.disabled && control.checkVisibility());
  /** @param {HTMLElement} stop */
  const setStop = (stop) => {
    for (const control of all()) control.tabIndex = control === stop ? 0 : -1;
  };
  root.addEventListener('focusin', ({ target }) => setStop(/** @type {HTMLElement} */ (target)));
  root.addEventListener('focusout', ({ target, relatedTarget }) => {
    if (relatedTarget instanceof Node && root.contains(relatedTarget)) return;
    // By Tab, browsers reach only the checked radio button of a group.
    if (target instanceof HTMLInputElement && target.type === 'radio') setStop(all().find((one) => isChecked(one, target.name)) ?? target);
  });
  root.addEventListener('keydown', (event) => {
    const controls = usable();
    const at = controls.findIndex((control) => control === event.target);
    const to = { [back]: at - 1, [forward]: at + 1, Home: 0, End: controls.length - 1 }[event.key];
    // After a click, arrow keys change slices as elsewhere.
    if (at < 0 || to === undefined || event.ctrlKey || event.altKey || event.metaKey || !controls[at].matches(':focus-visible')) return;
    event.preventDefault();
    event.stopPropagation();
    controls[(to + controls.length) % controls.length].focus();
  });
  return {
    /** Keeps one tab stop after controls have come, gone or been hidden. */
    update() {
      const controls = usable();
      if (controls.filter(({ tabIndex }) => tabIndex === 0).length === 1) return;
      const first = controls.find((control) => !(control instanceof HTMLInputElement) || control.checked) ?? controls[0];
      if (first) setStop(first);
    },
  };
}

/** @param {HTMLElement} control @param {string} name of the group */
function isChecked(control, name) {
  return control instanceof HTMLInputElement && control.type === 'radio' && control.name === name && control.checked;
}
