//! The written files: volumes byte by byte against the definition of NIfTI-1, and the whole bundle.
#![cfg(not(target_arch = "wasm32"))]

use std::io::Read as _;

use flate2::read::GzDecoder;
use glioscope::error::{Error, VolumeFault};
use glioscope::layout::{Case, CaseSlice};
use glioscope::mask::Mask;
use glioscope::mask::Probability;
use glioscope::mask::small_regions;
use glioscope::network::{Card, Manifest};
use glioscope::read::{Channels, Limits, Samples, Slice, Spacing, read};
use glioscope::result::findings::Findings;
use glioscope::result::lines::Lines;
use glioscope::write::{Bundle, NamedFile, Origin, Row, Volume, csv, mask_tiff, nifti, report};
use proptest::prelude::*;

const SPACING: Spacing = Spacing { x: 0.5, y: 0.75, z: Some(6.0) };

// ---- NIfTI-1 -------------------------------------------------------------------------------------------------------

/// Reads a header as nifti1.h defines it, field by field.
#[derive(Debug)]
struct Header {
    dim: [i16; 8],
    datatype: i16,
    bitpix: i16,
    pixdim: [f32; 8],
    vox_offset: f32,
    scl: [f32; 2],
    xyzt_units: u8,
    cal: [f32; 2],
    descrip: String,
    codes: [i16; 2],
}

fn header(bytes: &[u8]) -> Header {
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let float = |at: usize| f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    assert_eq!(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]), 348, "sizeof_hdr");
    assert_eq!(&bytes[344..348], b"n+1\0", "magic");
    assert_eq!(&bytes[348..352], [0; 4], "extension");
    // Unused fields are 0: intent, slice timing, quaternion and matrix.
    for unused in [4..40, 56..70, 74..76, 120..123, 132..148, 228..252, 256..344] {
        assert!(bytes[unused.clone()].iter().all(|&byte| byte == 0), "{unused:?}");
    }
    let text = &bytes[148..228];
    let end = text.iter().position(|&byte| byte == 0).expect("descrip ends in 0");
    Header {
        dim: core::array::from_fn(|i| short(40 + 2 * i)),
        datatype: short(70),
        bitpix: short(72),
        pixdim: core::array::from_fn(|i| float(76 + 4 * i)),
        vox_offset: float(108),
        scl: [float(112), float(116)],
        xyzt_units: bytes[123],
        cal: [float(124), float(128)],
        descrip: String::from_utf8(text[..end].to_vec()).expect("ASCII"),
        codes: [short(252), short(254)],
    }
}

#[test]
fn a_mask_is_a_volume_of_0_and_1() {
    let findings = findings(3, 5, 4, Channels::Rgb);
    let bytes = nifti(&findings, Volume::Mask, 0.5, Some(SPACING)).expect("equal sizes");
    let header = header(&bytes);
    assert_eq!(header.dim, [3, 5, 4, 3, 1, 1, 1, 1]);
    assert_eq!((header.datatype, header.bitpix), (2, 8));
    assert_eq!(header.pixdim, [1.0, 0.5, 0.75, 6.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!((header.vox_offset, header.scl, header.xyzt_units), (352.0, [1.0, 0.0], 2));
    assert_eq!((header.cal, header.codes), ([1.0, 0.0], [0, 0]));
    assert_eq!(header.descrip, "mask at 0.5; orientation unknown; research use only");
    // The first index runs fastest, the third slowest.
    let expected: Vec<u8> = (0..3).flat_map(|slice| findings.mask(slice, 0.5).expect("found").to_bytes()).collect();
    assert_eq!(&bytes[352..], expected);
    assert!(expected.contains(&1) && expected.contains(&0));
}

#[test]
fn without_a_spacing_the_unit_is_unknown() {
    let bytes = nifti(&findings(2, 5, 4, Channels::Grey), Volume::Probability, 0.5, None).expect("equal sizes");
    let header = header(&bytes);
    assert_eq!((header.pixdim, header.xyzt_units), ([1.0; 8], 0));
    assert_eq!(header.descrip, "probability; voxel size, orientation unknown; research use only");
}

#[test]
fn probabilities_scale_to_0_to_1() {
    let findings = findings(2, 5, 4, Channels::Rgb);
    let bytes = nifti(&findings, Volume::Probability, 0.5, None).expect("equal sizes");
    let header = header(&bytes);
    assert_eq!((header.datatype, header.bitpix), (512, 16));
    let values: Vec<u16> = bytes[352..].as_chunks::<2>().0.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
    let expected: Vec<u16> = (0..2).flat_map(|i| findings.probability(i).expect("found").values().to_vec()).collect();
    assert_eq!(values, expected);
    assert_eq!(header.scl, [1.0 / 65_535.0, 0.0]);
    assert!((f64::from(header.scl[0]) * 65_535.0 - 1.0).abs() < 1e-6);
}

#[test]
fn channels_are_as_stored_and_a_grey_slice_has_one_for_all_three() {
    let colour = findings(2, 5, 4, Channels::Rgb);
    for (volume, channel) in [(Volume::Pre, 0), (Volume::Flair, 1), (Volume::Post, 2)] {
        let bytes = nifti(&colour, volume, 0.5, None).expect("equal sizes");
        assert_eq!(header(&bytes).datatype, 2);
        assert!(header(&bytes).cal[0] > 0.0);
        for (i, &value) in bytes[352..].iter().enumerate() {
            let slice = &colour.case().slices[i / 20].slice;
            assert_eq!(Some(u16::from(value)), slice.value(i % 5, i % 20 / 5, channel));
        }
    }
    let grey = findings(2, 5, 4, Channels::Grey);
    let [pre, post] = [Volume::Pre, Volume::Post].map(|volume| nifti(&grey, volume, 0.5, None).expect("equal sizes"));
    assert_eq!(pre[352..], post[352..]);
}

#[test]
fn mixed_depths_become_16_bits() {
    let eight = Slice::new("a_1", 2, 1, Channels::Grey, Samples::U8(vec![1, 255])).expect("valid");
    let sixteen = Slice::new("a_2", 2, 1, Channels::Grey, Samples::U16(vec![1, 65_535])).expect("valid");
    let slices = [eight, sixteen].map(|slice| CaseSlice::new(slice, None)).into();
    let findings = Findings::new(Case::new("a", slices));
    let bytes = nifti(&findings, Volume::Flair, 0.5, None).expect("equal sizes");
    assert_eq!(header(&bytes).datatype, 512);
    assert_eq!(&bytes[352..], [257_u16, 65_535, 1, 65_535].map(u16::to_le_bytes).concat());
}

#[test]
fn a_case_that_makes_no_volume_is_an_error() {
    let slice = |name: &str, width: usize| {
        let slice = Slice::new(name, width, 1, Channels::Grey, Samples::U8(vec![0; width])).expect("valid");
        CaseSlice::new(slice, None)
    };
    let case = |slices| Findings::new(Case::new("P", slices));
    let unequal = nifti(&case(vec![slice("P_1", 3), slice("P_2", 4)]), Volume::Flair, 0.5, None);
    let message = unequal.map_err(|error| error.to_string());
    assert_eq!(message, Err("P: no volume: P_2 has 4 x 1 pixels, but P_1 has 3 x 1".to_owned()));
    let long = nifti(&case(vec![slice("P_1", 32_768)]), Volume::Flair, 0.5, None);
    assert!(matches!(long, Err(Error::Volume { fault: VolumeFault::Length { found: 32_768 }, .. })), "{long:?}");
    let compared = [Volume::TruePositive, Volume::FalsePositive, Volume::FalseNegative];
    for volume in [Volume::Mask, Volume::Network, Volume::Probability, Volume::Reference].into_iter().chain(compared) {
        let nothing = nifti(&case(vec![slice("P_1", 3)]), volume, 0.5, None);
        assert!(matches!(nothing, Err(Error::Volume { fault: VolumeFault::Nothing, .. })), "{nothing:?}");
    }
}

#[test]
fn volumes_have_the_names_that_the_page_uses() {
    for name in ["pre", "flair", "post", "mask", "network", "probability", "reference"] {
        let volume = Volume::of_name(name);
        assert_eq!(volume.map(|volume| format!("{volume:?}").to_lowercase()), Some(name.to_owned()));
    }
    assert_eq!(Volume::of_name("Mask"), None);
}

#[test]
fn masks_are_compared_with_references_voxel_by_voxel() {
    let mut case = findings(4, 2, 2, Channels::Grey).case().clone();
    let reference = Mask::new(2, 2, vec![true, false, true, false]);
    // Of the last two, one has only a mask and one only a reference.
    for (index, slice) in case.slices.iter_mut().enumerate() {
        slice.reference = (index != 2).then(|| reference.clone());
    }
    let mut findings = Findings::new(case);
    findings.set_edit(0, Some(Mask::new(2, 2, vec![true, true, false, false])));
    findings.set_edit(1, Some(Mask::empty(2, 2)));
    findings.set_edit(2, Some(Mask::new(2, 2, vec![true; 4])));
    let voxels = |name| {
        let volume = Volume::of_name(name).expect("a volume");
        nifti(&findings, volume, 0.5, None).expect("equal sizes")[352..]
            .chunks(4)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>()
    };
    let none = [0; 4];
    assert_eq!(voxels("tp"), [[1, 0, 0, 0], none, none, none]);
    assert_eq!(voxels("fp"), [[0, 1, 0, 0], none, none, none]);
    assert_eq!(voxels("fn"), [[0, 0, 1, 0], [1, 0, 1, 0], none, none]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_volume_reads_back(
        slices in 1_usize..5, width in 1_usize..9, height in 1_usize..9, threshold in 0.0_f32..=1.0,
        lengths in proptest::option::of((0.01_f64..20.0, 0.01_f64..20.0, 0.01_f64..20.0)),
    ) {
        let spacing = lengths.map(|(x, y, z)| Spacing { x, y, z: Some(z) });
        let findings = findings(slices, width, height, Channels::Grey);
        let bytes = nifti(&findings, Volume::Network, threshold, spacing).expect("equal sizes");
        let header = header(&bytes);
        prop_assert_eq!(header.dim.map(|length| length as usize), [3, width, height, slices, 1, 1, 1, 1]);
        let expected = lengths.map_or([1.0; 3], |(x, y, z)| [x as f32, y as f32, z as f32]);
        prop_assert_eq!(&header.pixdim[1..4], &expected);
        prop_assert_eq!(bytes.len(), 352 + slices * width * height);
        for (slice, voxels) in bytes[352..].chunks(width * height).enumerate() {
            prop_assert_eq!(voxels, findings.network_mask(slice, threshold).expect("found").to_bytes());
        }
    }

    #[test]
    fn any_table_reads_back(
        rows in proptest::collection::vec(("\\PC{0,12}|[a,\"\n\r ]{0,6}|[=+@-]a{0,2}", any::<u16>(), proptest::option::of(0.0_f64..1e6), any::<bool>()), 0..6)
    ) {
        let rows: Vec<Row> = rows.into_iter().map(|(name, area, area_mm2, edited)| Row {
            area: area.into(), area_mm2, edited, ..Row::new(&name, &name, &Mask::empty(3, 2), None)
        }).collect();
        let lines = fields(&csv(&rows));
        prop_assert_eq!(lines.len(), rows.len() + 1);
        for (line, row) in lines[1..].iter().zip(&rows) {
            prop_assert_eq!(line.len(), lines[0].len());
            // A name that a spreadsheet would compute is marked as text.
            let marked = if row.case.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
            let name = format!("{marked}{}", row.case);
            prop_assert_eq!([&line[0], &line[1]], [&name; 2]);
            prop_assert_eq!(&line[4], &row.area.to_string());
            let area: Option<f64> = line[9].parse().ok();
            prop_assert!(area.zip(row.area_mm2).is_none_or(|(a, b)| (a - b).abs() <= 0.000_500_1));
            prop_assert_eq!(area.is_some(), row.area_mm2.is_some());
            prop_assert_eq!(&line[10], &row.edited.to_string());
        }
    }
}

// ---- the bundle -------------------------------------------------------------------------------------------------

#[test]
fn every_file_of_a_case_and_of_the_bundle() {
    let mut bundle = Bundle::new(origin());
    let mut findings = findings(3, 5, 4, Channels::Rgb);
    let edit = Mask::new(5, 4, (0..20).map(|i| i == 7).collect());
    findings.set_edit(1, Some(edit.clone()));
    let mut files = bundle.case_files(&findings, Some(SPACING));
    let again = bundle.case_files(&findings, None);
    files.extend(bundle.finish());

    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let slices = (0..3).flat_map(|i| [format!("P & <Q>/{i}_mask.tif"), format!("P & <Q>/{i}_overlay.png")]);
    let expected: Vec<String> = slices
        .chain(["P & <Q>/mask.nii.gz", "P & <Q>/probability.nii.gz"].map(str::to_owned))
        .chain(["cohort.csv", "statistics.csv", "provenance.json", "report.html", "README.txt"].map(str::to_owned))
        .collect();
    assert_eq!(names, expected);
    // Another case of the same name has another folder.
    assert!(again.iter().any(|(name, _)| name == "P & <Q> (2)/mask.nii.gz"));

    // The edited mask is in every file that has masks.
    assert_eq!(file(&files, "P & <Q>/1_mask.tif"), mask_tiff(&edit));
    let mut volume = Vec::new();
    GzDecoder::new(file(&files, "P & <Q>/mask.nii.gz")).read_to_end(&mut volume).expect("gzip");
    assert_eq!(volume, nifti(&findings, Volume::Mask, 0.5, Some(SPACING)).expect("equal sizes"));
    assert_eq!(&volume[352 + 20..352 + 40], edit.to_bytes());

    let provenance: serde_json::Value = serde_json::from_slice(file(&files, "provenance.json")).expect("JSON");
    assert_eq!(provenance["model"]["sha256"], origin().manifest.weights.sha256.as_str());
    assert_eq!((&provenance["backend"], &provenance["threshold"]), (&"cpu".into(), &0.5.into()));
    assert_eq!(provenance["model"]["normalisation"], "head-z-score");
    assert_eq!(provenance["small_regions"]["fraction_of_largest"], 0.3);
    assert_eq!(serde_json::from_value(provenance["small_regions"]["floor"].clone()).ok(), Some(small_regions::FLOOR));
    let case = &provenance["cases"][0];
    assert_eq!(case["spacing"]["origin"], "given by the user");
    assert_eq!(case["spacing"]["millimetres"]["z"], 6.0);
    assert_eq!(provenance["cases"][1]["spacing"]["origin"], "unknown");
    assert_eq!(provenance["cases"][1]["measure"]["millilitres"], serde_json::Value::Null);
    let by: Vec<&str> = (0..3).filter_map(|i| case["slices"][i]["mask_by"].as_str()).collect();
    assert_eq!(by, ["network", "reader", "network"]);
    let measure = findings.measure(0.5, Some(SPACING));
    assert_eq!(case["measure"]["voxels"], measure.voxels);
    assert_eq!(case["input_check"], serde_json::Value::Null);
    let predicted = findings.predicted_dice(&origin().manifest).expect("a whole case with a mask");
    assert_eq!(case["predicted_dice"], serde_json::json!(predicted));

    let cohort = fields(std::str::from_utf8(file(&files, "cohort.csv")).expect("UTF-8"));
    assert_eq!(cohort.len(), 1 + 2);
    let column = |name: &str| cohort[0].iter().position(|head| head == name).expect(name);
    assert_eq!(cohort.iter().map(Vec::len).collect::<Vec<_>>(), [cohort[0].len(); 3]);
    for (name, value) in [
        ("number", "1"),
        ("of", "2"),
        ("case", "P & <Q>"),
        ("status", "complete"),
        ("slices", "3"),
        ("z_mm", "6"),
        ("volume_ml", &format!("{:.3}", measure.millilitres.expect("a spacing"))),
        ("largest_slice", measure.largest.as_deref().expect("a mask")),
        ("dice", &format!("{:.6}", measure.scores.expect("references").dice)),
        ("input_check", ""),
        ("predicted_dice", &format!("{:.3}", predicted.dice)),
        ("predicted_dice_from", &format!("{:.3}", predicted.from)),
        ("predicted_dice_to", &format!("{:.3}", predicted.to)),
        ("error", ""),
    ] {
        assert_eq!(cohort[1][column(name)], value, "{name}");
    }
    assert_eq!((cohort[2][column("volume_ml")].as_str(), cohort[2][column("x_mm")].as_str()), ("", ""));

    let table = fields(std::str::from_utf8(file(&files, "statistics.csv")).expect("UTF-8"));
    assert_eq!(table.len(), 1 + 6);
    assert_eq!(table[2][4], "1");
    assert_eq!(table[2][9], "0.375");
    assert_eq!(table[2][10], "true");
}

#[test]
fn the_source_of_a_spacing_is_named() {
    let mut bundle = Bundle::new(origin());
    let slice = Slice::new("P/1.tif", 2, 1, Channels::Grey, Samples::U8(vec![1, 2])).expect("valid");
    let slice = slice.with_spacing(Some(Spacing::in_plane(0.5, 3.0)));
    let mut findings = Findings::new(Case::new("P", vec![CaseSlice::new(slice, None)]));
    findings.set_edit(0, Some(Mask::new(2, 1, vec![true, false])));
    bundle.case_files(&findings, None);
    let files = bundle.finish();
    let provenance: serde_json::Value = serde_json::from_slice(file(&files, "provenance.json")).expect("JSON");
    let spacing = &provenance["cases"][0]["spacing"];
    assert!(spacing["origin"].as_str().is_some_and(|origin| origin.contains("stated by the files")), "{spacing}");
    assert_eq!(spacing["in_files"], serde_json::json!([0.5, 3.0]));
    assert!(String::from_utf8_lossy(file(&files, "report.html")).contains("0.5 x 3 mm, stated by the files"));
    let table = fields(std::str::from_utf8(file(&files, "statistics.csv")).expect("UTF-8"));
    assert_eq!(table[1][9], "1.500");
}

#[test]
fn provenance_names_masks_as_the_zip_has_them() {
    let mut bundle = Bundle::new(origin());
    let mut files = Vec::new();
    // The first two give masks of one name. So do the third and fourth, apart from upper and lower case.
    for name in ["p/stack.tif#2", "p/stack_2.tif", "q/A_1.tif", "Q/a_1.tif", "../r/1.tif"] {
        let slice = Slice::new(name, 2, 1, Channels::Grey, Samples::U8(vec![1, 2])).expect("valid");
        let case = Case::new(name, vec![CaseSlice::new(slice, None)]);
        let mut findings = Findings::new(case);
        findings.set_edit(0, Some(Mask::empty(2, 1)));
        files.extend(bundle.case_files(&findings, None));
    }
    files.extend(bundle.finish());
    let provenance: serde_json::Value = serde_json::from_slice(file(&files, "provenance.json")).expect("JSON");
    let masks: Vec<&str> = (0..5).filter_map(|case| provenance["cases"][case]["slices"][0]["mask"].as_str()).collect();
    assert_eq!(
        masks,
        ["p/stack_2_mask.tif", "p/stack_2_mask (2).tif", "q/A_1_mask.tif", "Q/a_1_mask (2).tif", "r/1_mask.tif"]
    );
    let archive = zip::ZipArchive::new(std::io::Cursor::new(glioscope::write::zip(&files))).expect("a zip");
    let mut packed: Vec<&str> = archive.file_names().collect();
    let mut named: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    packed.sort_unstable();
    named.sort_unstable();
    assert_eq!(packed, named);
}

#[test]
fn an_unfinished_case_gives_the_files_it_can_and_names_the_others() {
    let mut bundle = Bundle::new(origin());
    let whole = findings(3, 5, 4, Channels::Grey);
    let mut part = Findings::new(whole.case().clone());
    part.keep(2, whole.probability(2).expect("found").clone());
    part.set_edit(0, Some(Mask::empty(5, 4)));
    let mut files = bundle.case_files(&part, None);
    files.extend(bundle.finish());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).filter(|name| name.contains('/')).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    let provenance: serde_json::Value = serde_json::from_slice(file(&files, "provenance.json")).expect("JSON");
    let not_written = &provenance["cases"][0]["not_written"];
    assert_eq!(not_written[0], "mask.nii.gz: 1 of 3 slices have none");
    assert_eq!(not_written[1], "probability.nii.gz: 2 of 3 slices have none");
    assert_eq!(provenance["cases"][0]["slices"][1]["mask_by"], serde_json::Value::Null);
}

#[test]
fn the_report_is_one_escaped_page_with_the_measures() {
    let findings = findings(3, 5, 4, Channels::Rgb);
    let rules = "<script>alert(1)</script>";
    let origin = Origin { rules: Some(rules.to_owned()), ..origin() };
    let page = report(&origin, [(&findings, Some(SPACING))]);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("Research use only"));
    assert!(page.contains(&origin.manifest.weights.sha256));
    assert!(page.contains(&format!("{:.4}", origin.card.as_ref().expect("a card").metrics["patient_dice_mean"])));
    assert!(page.contains("<h2>P &amp; &lt;Q&gt;</h2>") && !page.contains("<Q>"));
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    let measure = findings.measure(0.5, Some(SPACING));
    let millilitres = measure.millilitres.expect("the spacing is known");
    assert!(page.contains(&format!("{} voxels, {millilitres:.2} mL", measure.voxels)), "{page}");
    let predicted = findings.predicted_dice(&origin.manifest).expect("a whole case with a mask");
    assert!(
        page.contains(&format!("{:.2} ({:.2} to {:.2} in nine", predicted.dice, predicted.from, predicted.to)),
        "{page}"
    );
    // No other file.
    for reference in ["http:", "https:", "src=\"/", "href", "url("] {
        assert!(!page.contains(reference), "{reference}");
    }
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 3);
    assert_eq!(page.matches("<rect ").count(), 3);
    assert_eq!(page.matches("<td>network</td>").count(), 3);
    assert!(!page.contains("Blue: drawn"), "no mask is edited");
    // A slice whose lesion was missed is listed too.
    let mut missed = findings.clone();
    missed.set_edit(0, Some(Mask::empty(5, 4)));
    let page = report(&origin, [(&missed, Some(SPACING))]);
    assert!(page.contains("/0.tif</td><td>0</td><td>0.0</td><td>reader</td><td>0.0000</td>"), "{page}");
    assert!(page.contains("Blue: drawn or edited masks."));
    let mut nothing = Findings::new(findings.case().clone());
    nothing.keep(1, Probability::new(5, 4, vec![0; 20]));
    let page = report(&origin, [(&nothing, None)]);
    assert!(page.contains("/1.tif</td><td>0</td><td></td><td>network</td><td>0.0000</td>"), "{page}");
    // Without a predicted pixel there is no precision.
    assert!(page.contains(", sensitivity 0.0000, precision –"), "{page}");
    // Without a spacing there are no millilitres, and without a card no training data.
    let page = report(&Origin { card: None, ..origin }, [(&findings, None)]);
    assert!(!page.contains(" mL") && !page.contains("<th>Training data</th>"), "{page}");
}

#[test]
fn lines_and_intensities_are_in_the_table_and_in_the_report() {
    let samples = Samples::U16((0..20).map(|i| 100 * i).collect());
    let slice = Slice::new("P/P_1.tif", 5, 4, Channels::Grey, samples).expect("valid");
    let mut findings = Findings::new(Case::new("P", vec![CaseSlice::new(slice, None)]));
    findings.keep(0, Probability::new(5, 4, vec![0; 20]));
    findings.set_edit(0, Some(Mask::new(5, 4, (0..20).map(|i| i == 7 || i == 11).collect())));
    let lines = Lines {
        rulers: vec![[[0.0, 0.0], [3.0, 4.0]], [[1.0, 1.0], [1.0, 3.0]]],
        diameters: Some([[[0.0, 1.0], [4.0, 1.0]], [[2.0, 0.0], [2.0, 3.0]]]),
    };
    findings.set_lines(0, lines);
    for (spacing, expected, diameters, rulers) in [
        (None, ["4.00", "3.00", "5.00 2.00", "", "", ""], "4.0 × 3.0 px", "5.0, 2.0 px"),
        (Some(SPACING), ["4.00", "3.00", "5.00 2.00", "2.00", "2.25", "3.35 1.50"], "2.0 × 2.2 mm", "3.4, 1.5 mm"),
    ] {
        let mut bundle = Bundle::new(origin());
        bundle.case_files(&findings, spacing);
        let files = bundle.finish();
        let table = fields(std::str::from_utf8(file(&files, "statistics.csv")).expect("UTF-8"));
        let at = |name: &str| table[0].iter().position(|head| head == name).expect("a column");
        assert_eq!(table[1][at("flair_mean")..at("diameter_px")], ["900.000", "200.000", "700.000", "1100.000"]);
        assert_eq!(table[1][at("diameter_px")..], expected);
        let page = report(&origin(), [(&findings, spacing)]);
        let cells = format!("<td>900.00 ± 200.00 (700 to 1100)</td><td>{diameters}</td><td>{rulers}</td></tr>");
        assert!(page.contains(&cells), "{cells} in {page}");
    }
    // A slice without a region is listed if it has lines.
    findings.set_edit(0, None);
    assert!(report(&origin(), [(&findings, None)]).contains("<td></td><td>4.0 × 3.0 px</td>"));
    findings.set_lines(0, Lines::default());
    assert!(!report(&origin(), [(&findings, None)]).contains("<td>P/P_1.tif</td>"));
}

#[test]
fn a_report_tells_slices_from_patients() {
    let origin = origin();
    let mut card = origin.card.clone().expect("a card");
    let patients = card.split.fit.len();
    let page = report(&origin, []);
    assert!(page.contains(&format!("<td>{patients} patients</td>")), "{page}");
    // The names of slices, as `train fit` writes them: three slices of two patients.
    card.split.fit = ["P/P_1.tif", "P/P_2.tif", "Q/Q_1.tif"].map(str::to_owned).into();
    card.split.held_out = ["P/P_3.tif", "Q/Q_2.tif", "Q/Q_3.tif", "Q/Q_4.tif"].map(str::to_owned).into();
    let page = report(&Origin { card: Some(card), ..origin.clone() }, []);
    assert!(page.contains("<td>3 slices of 2 patients</td>"), "{page}");
    assert!(page.contains("(4 slices of 2 patients)"), "{page}");
    // Without a card the rows about the fit are absent.
    let page = report(&Origin { card: None, ..origin.clone() }, []);
    assert!(!page.contains("Training data") && page.contains(&origin.manifest.weights.sha256), "{page}");
}

#[test]
fn every_picture_of_the_bundle_can_be_read() {
    let findings = findings(2, 5, 4, Channels::Rgb);
    for (name, bytes) in Bundle::new(origin()).case_files(&findings, None) {
        if name.ends_with(".tif") || name.ends_with(".png") {
            let slices = read(&name, &bytes, &Limits::default()).expect("an image");
            assert_eq!((slices[0].width(), slices[0].height()), (5, 4), "{name}");
        }
    }
}

// ---- helpers -------------------------------------------------------------------------------------------------------

fn origin() -> Origin {
    let manifest = Manifest::from_json(include_bytes!("../www/model/model.json")).expect("the shipped manifest");
    let card = Card::from_json(include_bytes!("../www/model/card.json")).expect("the shipped card");
    Origin { manifest, card: Some(card), backend: "cpu".to_owned(), threshold: 0.5, rules: None }
}

/// A case with many different probabilities and a reference on each of its slices.
fn findings(slices: usize, width: usize, height: usize, channels: Channels) -> Findings {
    let pixels = width * height;
    let entries = (0..slices).map(|index| {
        let samples = (0..pixels * channels.count()).map(|i| (i * 37 + index * 11) as u8).collect();
        let name = format!("P & <Q>/{index}.tif");
        let slice = Slice::new(name, width, height, channels, Samples::U8(samples)).expect("valid");
        let reference = Some(Mask::new(width, height, (0..pixels).map(|i| i % 3 == 0).collect()));
        CaseSlice::new(slice, reference)
    });
    let mut findings = Findings::new(Case::new("P & <Q>", entries.collect()));
    for index in 0..slices {
        let values = (0..pixels).map(|i| ((i * 7919 + index * 104_729 + 12_345) % 65_536) as u16).collect();
        findings.keep(index, Probability::new(width, height, values));
    }
    findings
}

fn file<'a>(files: &'a [NamedFile], name: &str) -> &'a [u8] {
    files.iter().find(|(path, _)| path == name).map(|(_, bytes)| bytes.as_slice()).expect(name)
}

/// Reads RFC 4180 character by character.
fn fields(table: &str) -> Vec<Vec<String>> {
    let (mut lines, mut fields, mut field, mut inside) = (vec![], vec![], String::new(), false);
    let mut characters = table.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if inside && characters.peek() == Some(&'"') => field.push(characters.next().unwrap_or_default()),
            '"' => inside = !inside,
            ',' if !inside => fields.push(std::mem::take(&mut field)),
            '\n' if !inside => {
                fields.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut fields));
            }
            c => field.push(c),
        }
    }
    lines
}
