//! [`sort_by`]: the sorting of short lists, with little code.
//!
//! `slice::sort_by` is compiled for each type of items: 5 kB of WebAssembly each time.

use std::cmp::Ordering;
use std::mem;

/// Sorts like [`slice::sort_by`]: equal items keep their order.
pub(crate) fn sort_by<T>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    let mut unsorted: Vec<Option<T>> = mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| unsorted[at].take()));
}

/// The numbers below `count`, in the order that `compare` gives them.
#[inline(never)]
fn order(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_and_equal_ones_keep_their_order() {
        let mut words = vec!["pear", "fig", "kiwi", "apple", "plum", "nut"];
        let mut expected = words.clone();
        expected.sort_by_key(|word| word.len());
        sort_by(&mut words, |a, b| a.len().cmp(&b.len()));
        assert_eq!(words, expected);
        sort_by(&mut Vec::<u8>::new(), Ord::cmp);
    }
}
