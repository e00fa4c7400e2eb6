//! DICOM segmentations, read back with dicom-object. `fixtures/segmentation/check.py` reads the same files with highdicom,
//! dcmqi and dcmtk.
#![cfg(all(feature = "formats", not(target_arch = "wasm32")))]

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject, from_reader};
use glioscope::error::{Error, SegmentationFault};
use glioscope::mask::Mask;
use glioscope::read::SourceElement;
use glioscope::write::{SegmentationKind, SegmentationOptions, SourceSeries, dicom_seg};

fn series() -> SourceSeries {
    serde_json::from_str(include_str!("fixtures/segmentation/series.json")).expect("a series")
}

fn options(kind: SegmentationKind) -> SegmentationOptions {
    let created = ["20260131", "134500"].map(str::to_owned);
    SegmentationOptions { kind, edited: false, empty_frames: false, created }
}

/// Pixel (x, y) of mask z is inside where (7 x + 13 y + 29 z) mod 11 < 3. The second mask is empty.
fn masks(series: &SourceSeries) -> Vec<Mask> {
    let (columns, rows) = (usize::from(series.columns), usize::from(series.rows));
    let inside = |z: usize, at: usize| z != 1 && (7 * (at % columns) + 13 * (at / columns) + 29 * z) % 11 < 3;
    let mask = |z: usize| Mask::new(columns, rows, (0..columns * rows).map(|at| inside(z, at)).collect());
    (0..series.images.len()).map(mask).collect()
}

fn write(series: &SourceSeries, masks: &[Mask], options: &SegmentationOptions) -> DefaultDicomObject {
    let bytes = dicom_seg(series, masks, options).expect("a segmentation");
    assert_eq!(&bytes[128..132], b"DICM");
    from_reader(&bytes[..]).expect("a DICOM file")
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let element = object.element(tag).expect("the element");
    element.to_str().expect("text").trim_end_matches(['\0', ' ']).to_owned()
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object.element(tag).expect("the sequence").items().expect("items")
}

/// The value at the end of sequences with one item each.
fn within(object: &InMemDicomObject, sequences: &[Tag], tag: Tag) -> String {
    text(sequences.iter().fold(object, |object, tag| &items(object, *tag)[0]), tag)
}

#[test]
fn each_frame_refers_to_its_image_and_has_its_pixels() {
    let series = series();
    let masks = masks(&series);
    for kind in [SegmentationKind::Binary, SegmentationKind::LabelMap] {
        let object = write(&series, &masks, &options(kind));
        let frames = items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
        assert_eq!((frames.len(), &*text(&object, tags::NUMBER_OF_FRAMES)), (3, "3"));
        let pixels = object.element(tags::PIXEL_DATA).expect("pixels").to_bytes().expect("bytes");
        let bit = |at: usize| match kind {
            SegmentationKind::Binary => pixels[at / 8] >> (at % 8) & 1,
            SegmentationKind::LabelMap => pixels[at],
        };
        let size = masks[0].inside().len();
        for ((place, frame), z) in (1..).zip(frames).zip([0, 2, 3]) {
            let source = &[tags::DERIVATION_IMAGE_SEQUENCE, tags::SOURCE_IMAGE_SEQUENCE];
            assert_eq!(within(frame, source, tags::REFERENCED_SOP_INSTANCE_UID), series.images[z].sop_instance);
            let position = within(frame, &[tags::PLANE_POSITION_SEQUENCE], tags::IMAGE_POSITION_PATIENT);
            let expected: Vec<String> = series.images[z].position.iter().map(f64::to_string).collect();
            assert_eq!(position, expected.join("\\"));
            let content = &items(frame, tags::FRAME_CONTENT_SEQUENCE)[0];
            let index =
                content.element(tags::DIMENSION_INDEX_VALUES).expect("indices").to_multi_int::<u32>().expect("numbers");
            let own: &[u32] = if kind == SegmentationKind::Binary { &[1, place] } else { &[place] };
            assert_eq!(index, own);
            let at = (place as usize - 1) * size;
            let found: Vec<u8> = (at..at + size).map(bit).collect();
            assert_eq!(found, masks[z].to_bytes(), "{kind:?}, mask {z}");
        }
    }
}

#[test]
fn a_segmentation_has_the_patient_the_codes_and_the_references() {
    let series = series();
    let object = write(&series, &masks(&series), &options(SegmentationKind::Binary));
    for (tag, value) in [
        (tags::PATIENT_NAME, "Müller^Made Up"),
        (tags::PATIENT_ID, "PATIENT-1"),
        (tags::ACCESSION_NUMBER, ""),
        (tags::MODALITY, "SEG"),
        (tags::STUDY_INSTANCE_UID, &series.study),
        (tags::FRAME_OF_REFERENCE_UID, &series.frame_of_reference),
        (tags::SERIES_NUMBER, "1007"),
        (tags::SEGMENTATION_TYPE, "BINARY"),
        (tags::CONTENT_DATE, "20260131"),
    ] {
        assert_eq!(text(&object, tag), value, "{tag}");
    }
    let segment = &items(&object, tags::SEGMENT_SEQUENCE)[0];
    assert_eq!(text(segment, tags::SEGMENT_ALGORITHM_TYPE), "AUTOMATIC");
    assert!(text(segment, tags::SEGMENT_ALGORITHM_NAME).starts_with("glioscope "));
    let kind = tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE;
    for (path, value) in [
        (&[tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE][..], "49755003"),
        (&[kind], "108369006"),
        (&[kind, tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE], "115240006"),
    ] {
        assert_eq!(within(segment, path, tags::CODE_VALUE), value);
    }
    let referenced = &items(&object, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(text(referenced, tags::SERIES_INSTANCE_UID), series.series);
    assert_eq!(items(referenced, tags::REFERENCED_INSTANCE_SEQUENCE).len(), 4);
    let edited = SegmentationOptions { edited: true, ..options(SegmentationKind::Binary) };
    let object = write(&series, &masks(&series), &edited);
    assert_eq!(text(&items(&object, tags::SEGMENT_SEQUENCE)[0], tags::SEGMENT_ALGORITHM_TYPE), "SEMIAUTOMATIC");
}

#[test]
fn frames_of_one_image_are_referred_to_by_number() {
    let mut series = series();
    for (number, image) in (1..).zip(&mut series.images) {
        image.sop_instance = "1.2.3".to_owned();
        image.frame = Some(number);
    }
    let object = write(&series, &masks(&series), &options(SegmentationKind::Binary));
    let frame = &items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)[1];
    let source = &[tags::DERIVATION_IMAGE_SEQUENCE, tags::SOURCE_IMAGE_SEQUENCE];
    assert_eq!(within(frame, source, tags::REFERENCED_FRAME_NUMBER), "3");
    let referenced = &items(&object, tags::REFERENCED_SERIES_SEQUENCE)[0];
    assert_eq!(items(referenced, tags::REFERENCED_INSTANCE_SEQUENCE).len(), 1);
}

#[test]
fn images_without_a_pixel_inside_get_a_frame_only_on_request_or_if_all_are_empty() {
    let series = series();
    let count = |masks: &[Mask], empty_frames| {
        let options = SegmentationOptions { empty_frames, ..options(SegmentationKind::Binary) };
        text(&write(&series, masks, &options), tags::NUMBER_OF_FRAMES)
    };
    assert_eq!(count(&masks(&series), true), "4");
    assert_eq!(count(&vec![Mask::empty(7, 5); 4], false), "4");
}

#[test]
fn equal_input_gives_equal_bytes_and_other_input_other_uids() {
    let (series, binary) = (series(), options(SegmentationKind::Binary));
    let masks = masks(&series);
    let write_bytes = |masks: &[Mask], options| dicom_seg(&series, masks, options).expect("a segmentation");
    assert_eq!(write_bytes(&masks, &binary), write_bytes(&masks, &binary));
    let uid = |masks: &[Mask], options| text(&write(&series, masks, options), tags::SOP_INSTANCE_UID);
    let mut other = masks.clone();
    other.swap(0, 2);
    let later = SegmentationOptions { created: ["20260131", "134501"].map(str::to_owned), ..binary.clone() };
    let uids = [
        uid(&masks, &binary),
        uid(&other, &binary),
        uid(&masks, &options(SegmentationKind::LabelMap)),
        uid(&masks, &later),
    ];
    for (index, uid) in uids.iter().enumerate() {
        assert!(uid.starts_with("2.25.") && uid.len() <= 64 && !uids[..index].contains(uid), "{uids:?}");
    }
}

#[test]
fn input_that_does_not_fit_is_an_error() {
    let good = series();
    let fault = |series: &SourceSeries, masks: &[Mask], options: &SegmentationOptions| match dicom_seg(
        series, masks, options,
    ) {
        Err(Error::Segmentation { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let (binary, own) = (options(SegmentationKind::Binary), masks(&good));
    assert!(matches!(fault(&good, &own[1..], &binary), SegmentationFault::Masks { expected: 4, found: 3 }));
    let wide = vec![Mask::empty(8, 5); 4];
    assert!(matches!(fault(&good, &wide, &binary), SegmentationFault::Size { index: 0, found: [8, 5], .. }));
    let anonymous = SourceSeries { frame_of_reference: String::new(), ..good.clone() };
    assert!(matches!(fault(&anonymous, &own, &binary), SegmentationFault::Uid { .. }));
    let flat = SourceSeries { pixel_spacing: [0.0, 1.0], ..good.clone() };
    assert!(matches!(fault(&flat, &own, &binary), SegmentationFault::Number { .. }));
    let mut lost = good.clone();
    lost.images[2].position[1] = f64::NAN;
    assert!(matches!(fault(&lost, &own, &binary), SegmentationFault::Number { .. }));
    let mut nested = good.clone();
    nested.elements.push(SourceElement { tag: [8, 0x1032], vr: "SQ".to_owned(), value: String::new() });
    assert!(matches!(fault(&nested, &own, &binary), SegmentationFault::Element { .. }));
    let undated = SegmentationOptions { created: ["today", "134500"].map(str::to_owned), ..binary.clone() };
    assert!(matches!(fault(&good, &own, &undated), SegmentationFault::Created { .. }));
}

/// The files that `fixtures/segmentation/check.py` reads.
#[test]
fn files_for_other_programs_are_written_on_request() {
    let Some(folder) = std::env::var_os("GLIOSCOPE_SEGMENTATIONS") else { return };
    let series = series();
    for (name, kind) in [("binary.dcm", SegmentationKind::Binary), ("labelmap.dcm", SegmentationKind::LabelMap)] {
        let bytes = dicom_seg(&series, &masks(&series), &options(kind)).expect("a segmentation");
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).expect("a file");
    }
}
