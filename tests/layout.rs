//! Case assembly: names and slices in, cases and notes out.
#![cfg(not(target_arch = "wasm32"))]

use std::cmp::Ordering;

use glioscope::layout::{Assembler, Assembly, AssemblyNote, CaseSlice, Contrast, Words, assemble, natural_order};
use glioscope::mask::Mask;
use glioscope::read::{Channels, Limits, Samples, Slice, Spacing, read};
use glioscope::write::mask_name;
use proptest::prelude::*;

// ---- grouping -----------------------------------------------------------------------------------------

#[test]
fn a_patient_folder_is_a_case_in_natural_order() {
    let folder = "kaggle_3m/TCGA_CS_4941_19960909";
    let names: Vec<String> =
        [10, 2, 1, 11, 9].iter().map(|i| format!("{folder}/TCGA_CS_4941_19960909_{i}.tif")).collect();
    let assembly = assemble(names.iter().map(|name| slice(name)).collect());
    let expected = [1, 2, 9, 10, 11].map(|i| format!("{folder}/TCGA_CS_4941_19960909_{i}.tif"));
    assert_eq!(outline(&assembly), [("TCGA_CS_4941_19960909".to_owned(), expected.to_vec())]);
    assert!(assembly.notes.is_empty());
}

#[test]
fn names_that_differ_before_the_number_are_different_cases() {
    // Without folders, in one folder, and in a folder each.
    assert_cases(
        &["TCGA_A_1_2.tif", "TCGA_B_2_1.tif", "TCGA_A_1_1.tif"],
        &[("TCGA_A_1", &["TCGA_A_1_1.tif", "TCGA_A_1_2.tif"]), ("TCGA_B_2", &["TCGA_B_2_1.tif"])],
    );
    assert_cases(
        &["all/a_2.tif", "all/b_1.tif", "all/a_1.tif"],
        &[("all/a", &["all/a_1.tif", "all/a_2.tif"]), ("all/b", &["all/b_1.tif"])],
    );
    assert_cases(&["x/p2/IMG-1.png", "x/p10/IMG-1.png"], &[("p2", &["x/p2/IMG-1.png"]), ("p10", &["x/p10/IMG-1.png"])]);
}

#[test]
fn cases_in_folders_of_the_same_name_are_named_by_path() {
    assert_cases(
        &["before/scan/1.tif", "after/scan/1.tif", "other/1.tif"],
        &[("after/scan", &["after/scan/1.tif"]), ("before/scan", &["before/scan/1.tif"]), ("other", &["other/1.tif"])],
    );
}

#[test]
fn assembling_one_folder_at_a_time_gives_the_same_names() {
    for names in [
        &["a/P1/1.tif", "b/P1/1.tif", "b/P2/1.tif"][..],
        &["P/x_1.tif", "q/P/x_1.tif", "x_1.tif"],
        &["p/stack.tif#1", "p/stack.tif#2", "p/stack_1.tif", "q/1.tif"],
        // A folder with masks only is not a case.
        &["images/P1/1.tif", "masks/P1/1_mask.tif"],
    ] {
        let all = outline(&assemble(names.iter().map(|name| slice(name)).collect()));
        let mut assembler = Assembler::new(names.iter().copied(), Words::default());
        let mut folders: Vec<&str> =
            names.iter().map(|name| name.rsplit_once('/').map_or("", |parts| parts.0)).collect();
        folders.dedup();
        let mut found = Vec::new();
        for folder in folders {
            let own = names.iter().filter(|name| name.rsplit_once('/').map_or("", |parts| parts.0) == folder);
            found.extend(outline(&assembler.assemble(own.map(|name| slice(name)).collect())));
        }
        found.sort_by(|(a, _), (b, _)| natural_order(a, b));
        assert_eq!(found, all, "{names:?}");
    }
    // Two folders with the same name.
    let mut assembler = Assembler::new(["P/1.tif", "P/2.tif"], Words::default());
    let names = ["P/1.tif", "P/2.tif"].map(|name| assembler.assemble(vec![slice(name)]).cases[0].name.clone());
    assert_eq!(names, ["P", "P (2)"]);
}

#[test]
fn a_home_folder_gives_the_same_cases_as_names_with_that_folder() {
    for names in
        [&["axial.tif", "coronal.tif"][..], &["a_1.tif", "b_1.tif"], &["a_1.tif", "a_2.tif"], &["s.tif#1", "s.tif#2"]]
    {
        let named: Vec<String> = names.iter().map(|name| format!("P/{name}")).collect();
        let named = assemble(named.iter().map(|name| slice(name)).collect());
        let slices = names.iter().map(|name| slice(name)).collect();
        let found = Assembler::new(names.iter().copied(), Words::default()).assemble_in("P", slices);
        let cases = |assembly: &Assembly| {
            assembly.cases.iter().map(|case| (case.name.clone(), case.slices.len())).collect::<Vec<_>>()
        };
        assert_eq!(cases(&found), cases(&named), "{names:?}");
    }
}

#[test]
fn numbers_separators_and_extensions() {
    assert_cases(&["scan10.png", "scan9.png"], &[("scan", &["scan9.png", "scan10.png"])]);
    assert_cases(&["IMG-0001.tif", "IMG-0010.tif"], &[("IMG", &["IMG-0001.tif", "IMG-0010.tif"])]);
    assert_cases(&["IM (2).png", "IM (10).png"], &[("IM", &["IM (2).png", "IM (10).png"])]);
    assert_cases(&["2", "1.TIF"], &[("unnamed", &["1.TIF", "2"])]);
    // Names without a number: one case each without a folder, one case in a folder.
    assert_cases(&["brain.png", "head.png"], &[("brain", &["brain.png"]), ("head", &["head.png"])]);
    assert_cases(&["p/low.png", "p/high.png"], &[("p", &["p/high.png", "p/low.png"])]);
    // Backslashes, and empty folder names.
    assert_cases(&["p\\a_2.tif", "./p//a_1.tif"], &[("p", &["./p//a_1.tif", "p\\a_2.tif"])]);
    assert_cases(&["IMG.0010", "IMG.0009"], &[("IMG", &["IMG.0009", "IMG.0010"])]);
    assert_cases(&[], &[]);
    assert_cases(&[""], &[("unnamed", &[""])]);
}

#[test]
fn a_stack_is_a_case_of_its_own() {
    assert_cases(
        &["stack.tif#10", "stack.tif#9", "other.tif#1", "other.tif#2"],
        &[("other", &["other.tif#1", "other.tif#2"]), ("stack", &["stack.tif#9", "stack.tif#10"])],
    );
    // Next to single slices with the same stem in the same folder.
    assert_cases(
        &["p/a.tif#1", "p/a.tif#2", "p/a_1.tif"],
        &[("p/a", &["p/a_1.tif"]), ("p/a (2)", &["p/a.tif#1", "p/a.tif#2"])],
    );
    // A `#` that is part of the name.
    assert_cases(&["a#2.tif", "a#10.tif"], &[("a", &["a#2.tif", "a#10.tif"])]);
    assert_cases(&["a.tif#", "b.tif#+3"], &[("a.tif#", &["a.tif#"]), ("b.tif#+", &["b.tif#+3"])]);
}

#[test]
fn pages_of_a_file_are_one_case() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pages-of-three-sizes.tif");
    let bytes = std::fs::read(path).expect("a fixture");
    let assembly = assemble(read("drop/stack.tif", &bytes, &Limits::default()).expect("sound"));
    let expected = [1, 2, 3].map(|page| format!("drop/stack.tif#{page}"));
    assert_eq!(outline(&assembly), [("drop".to_owned(), expected.to_vec())]);
}

// ---- masks ---------------------------------------------------------------------------------------------------------

#[test]
fn masks_are_paired_with_their_slices() {
    let assembly = assemble(vec![
        mask("p/a_1_mask.tif", 4, 3),
        slice("p/a_1.tif"),
        slice("p/a_2.tif"),
        mask("p/a_10_MASK.png", 4, 3),
        slice("p/a_10.tif"),
        slice("p/unmasked.tif"),
    ]);
    let referenced = references(&assembly);
    assert_eq!(referenced, ["p/a_1.tif", "p/a_10.tif"]);
    assert_eq!(assembly.cases.iter().map(|case| case.slices.len()).sum::<usize>(), 4);
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
    let reference = assembly.cases.iter().flat_map(|case| &case.slices).find_map(|slice| slice.reference.as_ref());
    assert_eq!(reference.map(|mask| (mask.width(), mask.height(), mask.area())), Some((4, 3, 6)));
}

#[test]
fn masks_of_a_stack_are_paired_by_page() {
    let assembly = assemble(vec![
        slice("stack.tif#1"),
        slice("stack.tif#2"),
        mask("stack_mask.tif#2", 4, 3),
        mask("stack_mask.tif#3", 4, 3),
    ]);
    assert_eq!(references(&assembly), ["stack.tif#2"]);
    assert_eq!(notes(&assembly), ["stack_mask.tif#3: a mask without a slice, expected stack#3"]);
}

#[test]
fn exported_masks_of_a_stack_are_paired_with_its_pages() {
    let pages = ["p/stack.tif#1", "p/stack.tif#2", "p/stack.tif#10"];
    let masks = pages.map(|page| mask(&mask_name(page), 4, 3));
    let assembly = assemble(pages.into_iter().map(slice).chain(masks.clone()).collect());
    assert_eq!(references(&assembly), pages);
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);

    // A slice with that name takes precedence, and so does the stack's own file of masks.
    let others = [slice("p/stack_2.tif"), mask("p/stack_mask.tif#1", 4, 3)];
    let assembly = assemble(pages.into_iter().map(slice).chain(masks).chain(others).collect());
    assert_eq!(references(&assembly), ["p/stack_2.tif", "p/stack.tif#1", "p/stack.tif#10"]);
    assert_eq!(notes(&assembly), ["p/stack_1_mask.tif: a mask without a slice, expected p/stack_1"]);

    // Not from another folder, not with another number, and not for a file without pages.
    let strays = ["q/stack_1_mask.tif", "p/stack_3_mask.tif", "p/stack_01_mask.tif", "p/single_1_mask.tif"];
    let slices = pages.into_iter().chain(["p/single.tif"]).map(slice);
    let assembly = assemble(slices.chain(strays.map(|name| mask(name, 4, 3))).collect());
    assert!(references(&assembly).is_empty());
    assert_eq!(assembly.notes.len(), 4, "{:?}", assembly.notes);
}

#[test]
fn a_mask_of_another_size_is_reported() {
    let assembly = assemble(vec![slice("p/a_1.tif"), mask("p/a_1_mask.tif", 3, 4)]);
    assert_eq!(notes(&assembly), ["p/a_1_mask.tif: a mask of 3 x 4 pixels, but p/a_1.tif has 4 x 3"]);
    assert!(matches!(
        &assembly.notes[..],
        [AssemblyNote::MaskSize { mask_size: [3, 4], slice_size: [4, 3], mask, slice }]
            if mask == "p/a_1_mask.tif" && slice == "p/a_1.tif"
    ));
    assert_eq!(outline(&assembly), [("p".to_owned(), vec!["p/a_1.tif".to_owned()])]);
    assert!(references(&assembly).is_empty());
}

#[test]
fn stray_masks_are_reported() {
    let assembly = assemble(vec![
        mask("p/b_1_mask.tif", 4, 3),
        mask("q/a_1_mask.tif", 4, 3),
        mask("_mask.tif", 4, 3),
        slice("p/a_1.tif"),
    ]);
    assert_eq!(outline(&assembly), [("p".to_owned(), vec!["p/a_1.tif".to_owned()])]);
    assert_eq!(
        notes(&assembly),
        [
            "_mask.tif: a mask without a slice, expected ",
            "p/b_1_mask.tif: a mask without a slice, expected p/b_1",
            "q/a_1_mask.tif: a mask without a slice, expected q/a_1",
        ]
    );
}

#[test]
fn an_exported_overlay_is_not_a_slice() {
    let overlays = ["p/a_1_overlay.png", "p/A_2_OVERLAY.PNG"].map(slice);
    let assembly = assemble(overlays.into_iter().chain([slice("p/a_1.tif"), slice("p/_overlay.png")]).collect());
    assert_eq!(
        notes(&assembly),
        ["p/a_1_overlay.png", "p/A_2_OVERLAY.PNG"]
            .map(|name| format!("{name}: an image of a slice and its mask, not a slice"))
    );
    assert_eq!(assembly.cases.iter().map(|case| case.slices.len()).sum::<usize>(), 2);
}

#[test]
fn a_mask_in_colour_is_a_reference() {
    let mut samples = vec![0; 36];
    samples[3] = 200;
    let colour = Slice::new("a_1_mask.tif", 4, 3, Channels::Rgb, Samples::U8(samples)).expect("consistent");
    let assembly = assemble(vec![slice("a_1.tif"), colour]);
    let reference = assembly.cases[0].slices[0].reference.as_ref();
    assert_eq!(reference.map(Mask::area), Some(1));
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
}

#[test]
fn words_before_and_after_the_name_mark_a_reference() {
    for mask_name in [
        "p/a_1_mask.tif",
        "p/a_1_MASKS.png",
        "p/a_1-label.tif",
        "p/a_1.seg.png",
        "p/labels_a_1.png",
        "p/GT-a_1.png",
        "p/a_seg_1.png",
        "p/masks/a_1.png",
        "p/labels/a_1_label.png",
        "annotations/p/a_1.png",
    ] {
        let assembly = assemble(vec![slice("p/a_1.tif"), slice("p/a_2.tif"), mask(mask_name, 4, 3)]);
        assert_eq!(references(&assembly), ["p/a_1.tif"], "{mask_name}: {:?}", assembly.notes);
        assert_eq!(assembly.cases[0].slices[0].reference_file.as_deref(), Some(mask_name));
    }
}

#[test]
fn a_folder_of_references_belongs_to_the_folder_of_slices_beside_it() {
    for (slices, masks) in [
        ("images", "masks"),
        ("imgs", "gt"),
        ("d/image", "d/label"),
        ("p/slices", "p/seg"),
        ("d/imagesTr", "d/labelsTr"),
    ] {
        let names = [1, 2, 10].map(|number| format!("{slices}/{number}.tif"));
        let references_of = [1, 2, 10].map(|number| mask(&format!("{masks}/{number}.png"), 4, 3));
        let assembly = assemble(names.iter().map(|name| slice(name)).chain(references_of).collect());
        assert_eq!(references(&assembly), names, "{:?}", assembly.notes);
        assert_eq!(assembly.cases.len(), 1);
    }
    // Patient by patient, with equal names.
    let patients = ["images/P1/1.tif", "images/P2/1.tif"];
    let assembly = assemble(patients.map(slice).into_iter().chain([mask("masks/P2/1.png", 4, 3)]).collect());
    assert_eq!(references(&assembly), ["images/P2/1.tif"]);
    assert_eq!(assembly.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["P1", "P2"]);
    let patients = ["P1/images/1.tif", "P2/images/1.tif"];
    let assembly = assemble(patients.map(slice).into_iter().chain([mask("P2/masks/1.png", 4, 3)]).collect());
    assert_eq!(references(&assembly), ["P2/images/1.tif"]);
    assert_eq!(assembly.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["P1", "P2"]);
    // Words for both in the names.
    let assembly = assemble(vec![slice("d/image_7.png"), mask("d/mask_7.png", 4, 3)]);
    assert_eq!(references(&assembly), ["d/image_7.png"]);
}

#[test]
fn names_of_references_may_differ_in_case_zeros_and_separators() {
    for (picture, reference) in [
        ("p/Case_1.tif", "p/case_1_MASK.tif"),
        ("p/case_0001.tif", "p/case_1_mask.tif"),
        ("p/case-1.tif", "p/case_1_mask.png"),
        ("p/case-1.tif", "p/case-seg-1.png"),
        ("p/images/001.png", "p/Masks/1.png"),
        ("p/case_1.ome.tif", "p/case_1_mask.ome.tif"),
        ("images/1.jpg", "masks/1.jpg.png"),
        ("scans/1.png", "masks/1.png"),
    ] {
        let assembly = assemble(vec![slice(picture), slice(&picture.replace('1', "2")), mask(reference, 4, 3)]);
        assert_eq!(references(&assembly), [picture], "{reference}: {:?}", assembly.notes);
    }
    // Two slices may be meant.
    let assembly = assemble(vec![slice("p/a_1.tif"), slice("p/A_1.tif"), mask("p/a_01_mask.tif", 4, 3)]);
    assert!(references(&assembly).is_empty());
    assert!(matches!(&assembly.notes[..], [AssemblyNote::StrayMask { .. }]));
}

#[test]
fn labels_without_a_word_for_references_are_not_slices() {
    let head = |name: &str| {
        let samples = Samples::U8((0..12).map(|sample| 20 * sample).collect());
        Slice::new(name, 4, 3, Channels::Grey, samples).expect("valid")
    };
    for name in ["p/a_1_lesion.tif", "p/lesion_a_1.tif"] {
        let assembly = assemble(vec![head("p/a_1.tif"), head("p/a_2.tif"), grey(name, 0)]);
        assert_eq!(outline(&assembly), [("p".to_owned(), vec!["p/a_1.tif".to_owned(), "p/a_2.tif".to_owned()])]);
        let [AssemblyNote::Labels { name: found }] = &assembly.notes[..] else { panic!("{:?}", assembly.notes) };
        assert_eq!(found, name);
    }
    // A dark slice has few values too.
    let assembly = assemble(vec![head("p/a_1.tif"), grey("p/a_2.tif", 0), head("p/a_2_late.tif")]);
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
}

#[test]
fn a_stack_of_references_belongs_to_a_stack_of_slices() {
    for (stack, masks) in [
        ("p/a.tif", "p/a_seg.tif"),
        ("images/a.tif", "masks/a.tif"),
        ("p/image.tif", "p/mask.tif"),
        ("p/scan.tif", "p/labels.tif"),
    ] {
        let names = [1, 2].map(|page| format!("{stack}#{page}"));
        let pages = [1, 2].map(|page| mask(&format!("{masks}#{page}"), 4, 3));
        let assembly = assemble(names.iter().map(|name| slice(name)).chain(pages).collect());
        assert_eq!(references(&assembly), names, "{masks}: {:?}", assembly.notes);
    }
    // The name does not decide between two stacks.
    let assembly = assemble(vec![slice("p/a.tif#1"), slice("p/b.tif#1"), mask("p/labels.tif#1", 4, 3)]);
    assert!(references(&assembly).is_empty());
    assert!(matches!(&assembly.notes[..], [AssemblyNote::StrayMask { .. }]));
}

#[test]
fn a_folder_of_references_alone_is_not_a_case() {
    let assembly = assemble(vec![mask("masks/1.png", 4, 3), mask("masks/2.png", 4, 3)]);
    assert!(assembly.cases.is_empty());
    assert_eq!(assembly.notes.len(), 2);
}

#[test]
fn chosen_words_decide_what_is_a_reference() {
    let words = Words { references: vec!["lesion".to_owned()], ..Words::default() };
    let slices = vec![slice("p/a_1.tif"), mask("p/a_1_lesion.tif", 4, 3), slice("p/a_2_gt.tif")];
    let assembly = Assembler::new([], words).assemble(slices);
    assert_eq!(references(&assembly), ["p/a_1.tif"]);
    assert_eq!(assembly.cases.iter().map(|case| case.slices.len()).sum::<usize>(), 2);
}

// ---- contrasts -----------------------------------------------------------------------------------------------------

#[test]
fn grey_files_of_three_contrasts_are_one_slice() {
    for names in [
        ["t1/p_9.png", "flair/p_9.png", "t1ce/p_9.png"],
        ["T1_pre/p_9.png", "T2-FLAIR/p_9.png", "T1-post/p_9.png"],
        ["P/T1/9.png", "P/FLAIR/9.png", "P/T1GD/9.png"],
        ["p_9_t1.png", "p_9_flair.png", "p_9_t1c.png"],
        ["p-t1-9.png", "p-t2-flair-9.png", "p-t1post-9.png"],
        ["P/t1.png", "P/flair.png", "P/t1ce.png"],
        ["d/case_009_0000.png", "d/case_009_0001.png", "d/case_009_0002.png"],
        ["imagesTr/case_0000.png", "imagesTr/case_0001.png", "imagesTr/case_0002.png"],
        ["P/t1.tif#3", "P/flair.tif#3", "P/t1ce.tif#3"],
    ] {
        let slices = names.iter().zip(1..).map(|(name, value)| grey(name, value)).collect();
        let assembly = assemble(slices);
        let [case] = &assembly.cases[..] else { panic!("{names:?}: {:?}", outline(&assembly)) };
        let [CaseSlice { slice, contrast_files, .. }] = &case.slices[..] else { panic!("{names:?}") };
        assert_eq!((slice.name(), slice.channels()), (names[1], Channels::Rgb));
        assert_eq!([0, 1, 2].map(|channel| slice.value(0, 0, channel)), [Some(1), Some(2), Some(3)]);
        assert_eq!(contrast_files[..], [names[0], names[2]]);
    }
}

#[test]
fn slices_of_several_contrasts_are_one_case_in_order() {
    let (mut words, mut folders, mut channels) = (Vec::new(), Vec::new(), Vec::new());
    for number in [10, 9] {
        for (channel, word) in ["t1", "flair", "t1ce"].into_iter().enumerate() {
            words.push(grey(&format!("p_{number}_{word}.png"), 1));
            folders.push(grey(&format!("d/{word}/p_{number}.png"), 1));
            channels.push(grey(&format!("d/p_{number:03}_{channel:04}.png"), 1));
        }
    }
    for (slices, name, expected) in [
        (words, "p", ["p_9_flair.png", "p_10_flair.png"]),
        (folders, "d", ["d/flair/p_9.png", "d/flair/p_10.png"]),
        (channels, "d", ["d/p_009_0001.png", "d/p_010_0001.png"]),
    ] {
        assert_eq!(outline(&assemble(slices)), [(name.to_owned(), expected.map(str::to_owned).to_vec())]);
    }
}

#[test]
fn references_belong_to_the_slice_of_several_contrasts() {
    for (names, reference) in [
        (["t1/9.png", "flair/9.png", "t1ce/9.png"], "masks/9.png"),
        (["p_9_t1.png", "p_9_flair.png", "p_9_t1ce.png"], "p_9_seg.png"),
        (["p_t1_9.png", "p_flair_9.png", "p_t1ce_9.png"], "p_seg_9.png"),
        (["imagesTr/p_9_0000.png", "imagesTr/p_9_0001.png", "imagesTr/p_9_0002.png"], "labelsTr/p_9.png"),
    ] {
        let slices = names.iter().map(|name| grey(name, 1)).chain([mask(reference, 4, 3)]).collect();
        assert_eq!(references(&assemble(slices)), [names[1]], "{reference}");
    }
}

#[test]
fn flair_is_used_alone_where_another_contrast_is_missing_or_has_another_size() {
    let small = Slice::new("p_9_t1ce.png", 1, 1, Channels::Grey, Samples::U8(vec![1])).expect("consistent");
    for (others, unused) in
        [(vec![grey("p_9_t1.png", 1)], 1), (vec![grey("p_9_t2.png", 1)], 1), (vec![grey("p_9_t1.png", 1), small], 2)]
    {
        let assembly = assemble(others.into_iter().chain([grey("p_9_flair.png", 2)]).collect());
        let slices: Vec<&CaseSlice> = assembly.cases.iter().flat_map(|case| &case.slices).collect();
        assert_eq!(slices.len(), 1);
        assert_eq!((slices[0].slice.name(), slices[0].slice.channels()), ("p_9_flair.png", Channels::Grey));
        assert_eq!(assembly.notes.iter().map(AssemblyNote::unused).sum::<usize>(), unused);
    }
}

#[test]
fn files_of_one_unused_contrast_are_one_note() {
    let slices =
        (1..=300).flat_map(|number| [grey(&format!("t2/{number}.png"), 1), grey(&format!("flair/{number}.png"), 1)]);
    let assembly = assemble(slices.collect());
    assert_eq!(notes(&assembly), ["t2/1.png and 299 more: T2, not used"]);
    assert_eq!(assembly.cases[0].slices.len(), 300);
}

#[test]
fn pictures_in_colour_are_slices_whatever_contrast_their_names_state() {
    let colour = |name| Slice::new(name, 1, 1, Channels::Rgb, Samples::U8(vec![1, 2, 3])).expect("consistent");
    let assembly = assemble(["T1/a_1.png", "T2/a_1.png"].map(colour).into());
    assert_eq!(assembly.cases.len(), 2);
    assert!(assembly.notes.is_empty());
}

#[test]
fn four_digits_are_numbers_of_slices_unless_every_name_has_the_same() {
    for names in [
        &["IMG_0000.png", "IMG_0001.png", "IMG_0002.png"][..],
        &["d/a_1_0000.png", "d/a_1_0001.png", "d/a_2_0000.png"],
        &["d/a_1_0001.png", "d/a_1_0002.png", "d/a_2_0001.png", "d/a_2_0002.png"],
    ] {
        let assembly = assemble(names.iter().map(|name| grey(name, 1)).collect());
        assert_eq!(assembly.cases.iter().map(|case| case.slices.len()).sum::<usize>(), names.len());
        assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
    }
}

#[test]
fn the_order_of_channels_can_be_chosen_and_the_usual_one_is_noted() {
    let names = ["d/p_1_0000.png", "d/p_1_0001.png", "d/p_1_0002.png"];
    let slices = || names.iter().zip(1..).map(|(name, value)| grey(name, value)).collect();
    let assembly = assemble(slices());
    assert_eq!(
        notes(&assembly),
        [
            "d/p_1_0000.png: the number at the end is read as a channel: 0000 pre-contrast T1, 0001 FLAIR, 0002 post-contrast T1"
        ]
    );
    assert_eq!(assembly.notes[0].unused(), 0);
    let contrasts = [("0000", Contrast::Flair), ("0001", Contrast::Pre), ("0002", Contrast::Post)];
    let contrasts = contrasts.map(|(word, contrast)| (word.to_owned(), contrast)).into();
    let words = Words { contrasts, ..Words::default() };
    let assembly = Assembler::new([], words).assemble(slices());
    let slice = &assembly.cases[0].slices[0].slice;
    assert_eq!(slice.name(), names[0]);
    assert_eq!([0, 1, 2].map(|channel| slice.value(0, 0, channel)), [Some(2), Some(1), Some(3)]);
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
}

#[test]
fn a_case_with_three_equal_channels_is_grey() {
    let rgb = |name, samples: Vec<u8>| Slice::new(name, 1, 1, Channels::Rgb, Samples::U8(samples)).expect("consistent");
    let assembly = assemble(vec![rgb("p/1.png", vec![0; 3]), rgb("p/2.png", vec![7; 3])]);
    assert!(assembly.cases[0].slices.iter().all(|entry| entry.slice.channels() == Channels::Grey));
    // A black slice in a case with colours.
    let assembly = assemble(vec![rgb("p/1.png", vec![0; 3]), rgb("p/2.png", vec![7, 7, 8])]);
    assert!(assembly.cases[0].slices.iter().all(|entry| entry.slice.channels() == Channels::Rgb));
}

// ---- duplicates ----------------------------------------------------------------------------------------------------

#[test]
fn one_of_several_duplicates_is_used() {
    let same = |value| Slice::new("p/a_1.tif", 1, 1, Channels::Grey, Samples::U8(vec![value])).expect("consistent");
    for slices in [vec![same(1), same(2)], vec![same(2), same(1)]] {
        let assembly = assemble(slices);
        assert_eq!(notes(&assembly), ["p/a_1.tif: given twice, one copy is used"]);
        assert_eq!(assembly.cases[0].slices.len(), 1);
        assert_eq!(assembly.cases[0].slices[0].slice.value(0, 0, 0), Some(1));
    }
    // Two extensions: the masks of both would have the same name.
    let assembly = assemble(vec![slice("p/a_1.png"), slice("p/a_1.tif"), slice("p\\a_1.tiff")]);
    assert_eq!(outline(&assembly), [("p".to_owned(), vec!["p/a_1.tif".to_owned()])]);
    assert_eq!(
        notes(&assembly),
        ["p/a_1.png: not used, p/a_1.tif is used instead", "p\\a_1.tiff: not used, p/a_1.tif is used instead"]
    );
    // Two masks for one slice.
    let assembly = assemble(vec![mask("a_1_mask.png", 4, 3), slice("a_1.tif"), mask("a_1_mask.tif", 4, 3)]);
    assert_eq!(references(&assembly), ["a_1.tif"]);
    assert_eq!(notes(&assembly), ["a_1_mask.png: not used, a_1_mask.tif is used instead"]);
    // The same name in two folders: two slices.
    assert!(assemble(vec![slice("p/a_1.tif"), slice("q/a_1.tif")]).notes.is_empty());
}

// ---- order ---------------------------------------------------------------------------------------------------------

#[test]
fn natural_order_by_example() {
    let ordered = "|0|00|01|1|2|10|99999999999999999999999999999|100000000000000000000000000000|_|a|a1|a2|A10|a10|a10b|\
                   a_1|a_2|a_10|b|scan_1.tif|scan_2.tif|scan_10.tif|Ä|ä";
    let ordered: Vec<&str> = ordered.split('|').collect();
    for (i, a) in ordered.iter().enumerate() {
        for (j, b) in ordered.iter().enumerate() {
            assert_eq!(natural_order(a, b), i.cmp(&j), "{a:?} and {b:?}");
        }
    }
}

/// Common names, and arbitrary ones.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]?/?[aAä]?_?[0-9]{0,3}(_mask)?(\\.tif|\\.png)?(#[0-9]{1,2})?",
        "(p/|q/)?(a|b)_[0-9]{1,2}(_mask)?\\.(tif|png)",
        "(p/)?a(\\.tif#[12]|_[12]_mask\\.tif|_mask\\.tif#[12])",
        "\\PC{0,8}",
        "[0-9]{0,40}",
    ]
}

fn slices() -> impl Strategy<Value = Vec<Slice>> {
    let one = (names(), 1_usize..3, 1_usize..3, any::<bool>(), 0_u8..3, any::<bool>());
    let slice = one.prop_map(|(name, width, height, rgb, value, spaced)| {
        let channels = if rgb { Channels::Rgb } else { Channels::Grey };
        let samples = Samples::U8(vec![value * 120; width * height * channels.count()]);
        let spacing = spaced.then_some(Spacing::in_plane(1.0, f64::from(value)));
        Slice::new(name, width, height, channels, samples).expect("consistent").with_spacing(spacing)
    });
    proptest::collection::vec(slice, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn natural_order_is_a_total_order(a in names(), b in names(), c in names()) {
        prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
        prop_assert_eq!(natural_order(&a, &b) == Ordering::Equal, a == b);
        let mut sorted = [&a, &b, &c];
        sorted.sort_by(|a, b| natural_order(a, b));
        prop_assert!(natural_order(sorted[0], sorted[2]) != Ordering::Greater);
    }

    #[test]
    fn numbers_of_any_length_are_in_numeric_order(a: u128, b: u128, zeros in 0_usize..3) {
        let name = |number: u128| format!("scan_{}{number}.tif", "0".repeat(zeros));
        prop_assert_eq!(natural_order(&name(a), &name(b)), a.cmp(&b));
    }

    #[test]
    fn the_order_of_slices_does_not_matter((slices, shuffled) in slices().prop_flat_map(|slices| {
        (Just(slices.clone()), Just(slices).prop_shuffle())
    })) {
        let (a, b) = (assemble(slices), assemble(shuffled));
        prop_assert_eq!(&a.cases, &b.cases);
        prop_assert_eq!(notes(&a), notes(&b));
    }

    #[test]
    fn every_slice_is_in_a_case_or_in_a_note(slices in slices()) {
        let mut given: Vec<String> = slices.iter().map(|slice| slice.name().to_owned()).collect();
        let assembly = assemble(slices);
        let mut names: Vec<&str> = assembly.cases.iter().map(|case| &*case.name).collect();
        names.dedup();
        prop_assert_eq!(names.len(), assembly.cases.len());
        prop_assert!(assembly.cases.iter().all(|case| !case.slices.is_empty()));
        for case_slice in assembly.cases.iter().flat_map(|case| &case.slices) {
            let slice = &case_slice.slice;
            let size = [slice.width(), slice.height()];
            prop_assert!(case_slice.reference.iter().all(|mask| [mask.width(), mask.height()] == size));
        }
        // Every given slice is a slice of a case, a mask of one, or named in a note.
        let masks = references(&assembly).len();
        let unused = assembly.notes.iter().map(AssemblyNote::unused).sum::<usize>();
        let found = assembly.cases.iter().map(|case| case.slices.len()).sum::<usize>() + masks + unused;
        prop_assert_eq!(found, given.len());
        for note in &assembly.notes {
            let at = given.iter().position(|name| name == note.name());
            prop_assert!(at.is_some(), "{}", note);
            given.remove(at.unwrap_or_default());
        }
    }
}

// ---- helpers -------------------------------------------------------------------------------------------------------

/// A grey slice of one value.
fn grey(name: &str, value: u8) -> Slice {
    Slice::new(name, 4, 3, Channels::Grey, Samples::U8(vec![value; 12])).expect("consistent")
}

fn slice(name: &str) -> Slice {
    Slice::new(name, 4, 3, Channels::Rgb, Samples::U8(vec![9; 36])).expect("consistent")
}

/// A mask with every second pixel inside.
fn mask(name: &str, width: usize, height: usize) -> Slice {
    let samples = (0..width * height).map(|i| if i % 2 == 0 { 255 } else { 0 }).collect();
    Slice::new(name, width, height, Channels::Grey, Samples::U8(samples)).expect("consistent")
}

fn outline(assembly: &Assembly) -> Vec<(String, Vec<String>)> {
    let names = |case: &glioscope::layout::Case| case.slices.iter().map(|s| s.slice.name().to_owned()).collect();
    assembly.cases.iter().map(|case| (case.name.clone(), names(case))).collect()
}

fn notes(assembly: &Assembly) -> Vec<String> {
    assembly.notes.iter().map(AssemblyNote::to_string).collect()
}

/// The slices that have a reference mask.
fn references(assembly: &Assembly) -> Vec<&str> {
    let slices = assembly.cases.iter().flat_map(|case| &case.slices);
    slices.filter(|slice| slice.reference.is_some()).map(|slice| slice.slice.name()).collect()
}

fn assert_cases(names: &[&str], expected: &[(&str, &[&str])]) {
    let assembly = assemble(names.iter().map(|name| slice(name)).collect());
    let expected: Vec<(String, Vec<String>)> = expected
        .iter()
        .map(|(name, slices)| ((*name).to_owned(), slices.iter().map(|&s| s.to_owned()).collect()))
        .collect();
    assert_eq!(outline(&assembly), expected);
    assert!(assembly.notes.is_empty(), "{:?}", assembly.notes);
}
