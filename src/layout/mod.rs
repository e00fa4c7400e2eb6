//! Slices → [`Case`]s: what belongs to one patient, in order, with its reference masks.
//!
//! All that is known of a slice here is its name:
//!
//! | name | case | place in it |
//! |---|---|---|
//! | `study/TCGA_1/TCGA_1_10.tif` | `TCGA_1`, its folder | by 10, so after `TCGA_1_9` |
//! | `TCGA_1_10.tif` | `TCGA_1`, its name without the number | by 10 |
//! | `all/a_1.tif`, `all/b_1.tif` | `all/a` and `all/b`: patients of one folder stay apart | by 1 |
//! | `stack.tif#3` | `stack`: a file of several pages is a case of its own | by 3 |
//! | `TCGA_1_10_mask.tif` | none: it is the reference of `TCGA_1_10` in the same folder | |
//! | `stack_3_mask.tif` | none: where there is no `stack_3`, it is the reference of `stack.tif#3` in the same folder | |

mod assembly;
mod case;
mod grouping;
mod id;
mod name;
mod natural_order;
mod note;
mod plan;

pub use assembly::{Assembler, Assembly, assemble};
pub use case::{Case, CaseSlice};
pub(crate) use grouping::Group;
pub use id::CaseId;
pub use natural_order::natural_order;
pub use note::AssemblyNote;
pub(crate) use plan::{Member, PlannedCase};
