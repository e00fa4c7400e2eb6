//! Which file uses which.

use std::collections::{BTreeMap, BTreeSet};

/// Files by path, each with the files that it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Graph(pub(crate) BTreeMap<String, BTreeSet<String>>);

impl Graph {
    pub(crate) fn add(&mut self, from: &str, to: &str) {
        if from != to {
            self.0.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
    }

    /// The files that use themselves by way of others, in groups that use each other.
    pub(crate) fn cycles(&self) -> Vec<BTreeSet<&str>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.0.keys().map(|file| (file.as_str(), self.reached(file))).collect();
        let mutual = |a: &str, b: &str| reached.get(b).is_some_and(|files| files.contains(a));
        let groups: BTreeSet<BTreeSet<&str>> = reached
            .iter()
            .map(|(file, files)| files.iter().copied().filter(|other| mutual(file, other)).collect())
            .collect();
        groups.into_iter().filter(|group| !group.is_empty()).collect()
    }

    /// All files that a file uses, by way of others too.
    fn reached(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            for used in self.0.get(file).into_iter().flatten() {
                if found.insert(used.as_str()) {
                    next.push(used);
                }
            }
        }
        found
    }
}

#[test]
fn cycles_are_found_and_a_diamond_is_none() {
    let mut graph = Graph::default();
    for (from, to) in [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"), ("e", "e")] {
        graph.add(from, to);
    }
    assert!(graph.cycles().is_empty());
    graph.add("e", "b");
    graph.add("x", "y");
    graph.add("y", "x");
    assert_eq!(graph.cycles(), [BTreeSet::from(["b", "d", "e"]), BTreeSet::from(["x", "y"])]);
}
