/**
 * The slices that wait for the network. The case in view comes first. Each case starts from its middle, where the head is
 * widest and a lesion most likely.
 */

/** @typedef {{slice: string, case: string, index: number}} Item a slice, its case, and its position there */
/** @typedef {{slice: string, case: string, losses: number}} Task `losses`: how many workers were lost during it */

export class Queue {
  /** @type {Task[]} */
  #tasks;
  #preferredCase;

  /**
   * @param {Item[]} items in the order of the cases
   * @param {() => string | undefined} preferredCase the case in view
   */
  constructor(items, preferredCase) {
    this.#preferredCase = preferredCase;
    /** @type {Map<string, number>} */
    const middles = new Map();
    for (const { case: id, index } of items) middles.set(id, Math.max(middles.get(id) ?? 0, index / 2));
    const order = [...middles.keys()];
    /** @param {Item} item */
    const distance = (item) => Math.abs(item.index - (middles.get(item.case) ?? 0));
    this.#tasks = items
      .toSorted((a, b) => order.indexOf(a.case) - order.indexOf(b.case) || distance(a) - distance(b))
      .map(({ slice, case: id }) => ({ slice, case: id, losses: 0 }));
  }

  get length() {
    return this.#tasks.length;
  }

  /** Takes the next task. The queue must not be empty. @returns {Task} */
  take() {
    const preferred = this.#preferredCase();
    const at = this.#tasks.findIndex((task) => task.case === preferred);
    return this.#tasks.splice(Math.max(0, at), 1)[0];
  }

  /** Puts a task back, as the next one. @param {Task} task */
  putBack(task) {
    this.#tasks.unshift(task);
  }
}
