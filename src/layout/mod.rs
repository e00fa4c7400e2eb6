//! Slices → [`Case`]s: the slices of one patient, in order, with their reference masks.
//!
//! The names of the slices decide:
//!
//! | name | case | position |
//! |---|---|---|
//! | `study/TCGA_1/TCGA_1_10.tif` | `TCGA_1`, its folder | by 10, so after `TCGA_1_9` |
//! | `TCGA_1_10.tif` | `TCGA_1`, its name without the number | by 10 |
//! | `all/a_1.tif`, `all/b_1.tif` | `all/a` and `all/b`: two patients in one folder | by 1 |
//! | `stack.tif#3` | `stack`: a file with several pages is a case of its own | by 3 |
//! | `TCGA_1_10_mask.tif` | none: the reference of `TCGA_1_10` in the same folder | |
//! | `stack_3_mask.tif` | none: the reference of `stack.tif#3` in the same folder, unless there is a `stack_3` | |
//! | `a/masks/10.png` | none: the reference of `a/images/10.tif` or `a/10.tif` | |
//! | `a/t1/10.png` | none: the pre-contrast channel of `a/flair/10.png` | |
//! | `P_flair.nii.gz` | `P`: a volume is a case of its own | from the feet to the head |
//! | `P_t1.nii.gz`, `P_seg.nii.gz` | none: the pre-contrast channel and the reference of `P_flair.nii.gz` | |
//! | `P/5/IM0001` to `IM0026`, DICOM | `P`: the series of one study are one case, by their headers | by position |
//! | `P_10_0001.png` | with `P_10_0000.png` and `P_10_0002.png`: FLAIR of the slice `P_10` | by 10 |

mod assembly;
mod case;
mod contrast;
mod contrasts;
mod grouping;
mod id;
mod litter;
mod name;
mod natural_order;
mod note;
mod plan;
mod studies;
mod volumes;
mod words;

pub use assembly::{Assembler, Assembly, assemble};
pub use case::{Case, CaseSlice};
pub use contrast::Contrast;
pub(crate) use grouping::Group;
pub use id::CaseId;
pub use litter::Litter;
pub use natural_order::natural_order;
pub use note::AssemblyNote;
pub(crate) use plan::{Member, PlannedCase};
pub use studies::{Basis, UnknownSeries};
pub(crate) use studies::{JoinedSeries, TakenSeries};
pub use words::Words;
