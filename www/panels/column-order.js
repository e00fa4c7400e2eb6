/**
 * On a narrow screen the page is one column, and parts of the rail are above and below the slice. Their elements move, so that
 * Tab and screen readers follow what is seen.
 */
import { find } from '../core/dom.js';

/** @import { Store } from '../core/store.js' */

/** The width of the style sheets, in the visitor's font size. */
const NARROW = '(max-width: 56.25em)';

/** @param {Store} store */
export function followLayout(store) {
  const [main, rail] = [find('main'), find('.rail')];
  const inRail = [...rail.children];
  const [job, questions, cases, intake, about] = ['.job', '#questions', '.cases', '.intake', '.about'].map((part) => find(part, rail));
  const narrow = matchMedia(NARROW);
  let column = false;
  const arrange = () => {
    if (column === (narrow.matches && store.cases.length > 0)) return;
    column = !column;
    const focused = document.activeElement;
    if (column) {
      main.prepend(job, questions);
      main.append(cases, intake, about);
    } else rail.append(...inRail);
    // An element that moves loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement) focused.focus({ preventScroll: true });
  };
  narrow.addEventListener('change', arrange);
  store.on('open', arrange);
}
