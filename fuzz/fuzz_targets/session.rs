#![no_main]
//! Saved sessions: any bytes as `session.json`, with files of all kinds that it may name. A session that opens can be measured,
//! saved and opened again.

use glioscope::write::{slice_tiff, zip};
use glioscope::read::{Channels, Samples, Slice};
use glioscope::study::Study;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let slice = Slice::new("a_1.tif", 2, 2, Channels::Rgb, Samples::U8((0..12).collect())).expect("sound");
    let file = slice_tiff(&slice);
    let contents = [
        ("session.json".to_owned(), bytes.to_vec()),
        ("files/1".to_owned(), file.clone()),
        ("files/2".to_owned(), file),
        ("files/3".to_owned(), b"no image".to_vec()),
        ("probabilities/4".to_owned(), vec![0, 128, 255, 255, 0, 0, 1, 0]),
        ("edits/5".to_owned(), vec![0, 1, 2, 255]),
        ("edits/6".to_owned(), Vec::new()),
    ];
    let archive = zip(&contents);
    let mut study = Study::default();
    // A session is not read as a zip of images.
    assert!(study.add_file("a.zip", &archive).is_err());
    let opened = glioscope_fuzz::metered(4 * archive.len(), || study.open(&archive, "model").ok());
    let Some(settings) = opened else {
        assert_eq!(study.cases().len(), 0, "a file that cannot be opened changes nothing");
        return;
    };
    study.assemble();
    for (findings, spacing) in study.measured(&settings) {
        let measure = findings.measure(settings.threshold as f32, spacing);
        assert_eq!(measure.slices.len(), findings.case().slices.len());
    }
    let again = study.save("model", &settings).collect(&study).expect("nothing has changed");
    let mut second = Study::default();
    let settings_again = second.open(&again, "model").expect("what was saved is opened");
    second.assemble();
    assert_eq!((settings_again.rules, settings_again.view), (settings.rules, settings.view));
    assert_eq!(second.cases().len(), study.cases().len());
});
