//! What the files of a [`Study`] are read as.

use super::{InspectedCase, Inspection, Study, Unused};
use crate::layout::Litter;

impl Study {
    /// What the files are read as since the last [`clear`](Study::clear). [`assemble`](Study::assemble) makes the cases, and
    /// `check_input` adds the input check. Where all files are in one folder, names are relative to it.
    pub fn inspect(&self) -> Inspection {
        let notes = self.files.iter().flat_map(|file| Inspection::notes_of(&file.name, &file.slices));
        let refused = self.refused.iter().map(|(file, reason)| Unused { file: file.clone(), reason: reason.clone() });
        let mut inspection = Inspection {
            cases: self.cases().map(InspectedCase::of).collect(),
            passed_over: self.passed_over.iter().map(|(file, &kind)| Unused::passed_over(file, kind)).collect(),
            refused: refused.chain(self.too_large.iter().cloned()).collect(),
            notes: notes.chain(self.assembly_notes.iter().cloned()).collect(),
        };
        let passed_over = self.passed_over.iter().filter(|&(_, &kind)| kind != Litter::System).map(|(name, _)| name);
        let names = self.files.iter().map(|file| &file.name).chain(passed_over).chain(self.refused.keys());
        let top = self.words().only_folder(names.map(String::as_str));
        if !top.is_empty() {
            inspection.strip(&top);
        }
        inspection
    }
}
