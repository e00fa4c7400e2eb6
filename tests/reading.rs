//! Reading of files: supported files give the right samples, all others give the right fault.
//!
//! `fixtures/README.md` describes the images. Other programs wrote them from a formula, which [`pattern`] repeats.
//! Hostile files are built here, byte by byte.
#![cfg(not(target_arch = "wasm32"))]

use std::error::Error as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use glioscope::error::{Error, FileFault, Quantity};
use glioscope::read::{Channels, Limits, ReadNote, Samples, Slice, Spacing, SpacingSource, read};

const WIDTH: usize = 21;
const HEIGHT: usize = 13;

// ---- supported files ---------------------------------------------------------------------------------------------

#[test]
fn every_tiff_layout_and_compression() {
    let mut folders = vec![fixtures()];
    folders.extend(std::env::var_os("GLIOSCOPE_FIXTURES").map(PathBuf::from));
    for folder in folders {
        let mut read = 0;
        for path in files(&folder) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let Some((color, rest)) = stem.split_once('-') else { continue };
            let Some((bits, rest)) = rest.split_once('-') else { continue };
            if !["grey", "rgb", "rgba"].contains(&color) || !(rest.starts_with("le-") || rest.starts_with("be-")) {
                continue;
            }
            let channels = if color == "grey" { Channels::Grey } else { Channels::Rgb };
            assert_pattern(&one(&path), channels, bits);
            read += 1;
        }
        println!("{read} layouts of {}", folder.display());
        assert!(read >= 46, "{read} files in {}", folder.display());
    }
}

#[test]
fn every_color_space_of_tiff() {
    assert_pattern(&fixture("white-is-zero-8.tif"), Channels::Grey, "8");
    assert_pattern(&fixture("white-is-zero-16.tif"), Channels::Grey, "16");
    assert_pattern(&fixture("grey-alpha-8.tif"), Channels::Grey, "8");
    assert_pattern(&fixture("rgb-unknown-16-lzw+difference.tif"), Channels::Rgb, "16");
    assert_pattern(&fixture("pillow-rgb-8.tif"), Channels::Rgb, "8");
    assert_palette(&fixture("palette-8.tif"));
}

#[test]
fn every_color_type_of_png() {
    for bits in ["8", "16"] {
        for color in ["grey", "greyalpha", "rgb", "rgba"] {
            let channels = if color.starts_with("grey") { Channels::Grey } else { Channels::Rgb };
            assert_pattern(&fixture(&format!("{color}-{bits}.png")), channels, bits);
        }
    }
    assert_palette(&fixture("palette-8.png"));
    // One bit, scaled to the full 8-bit range.
    let grey = fixture("grey-1.png");
    assert_eq!(grey.channels(), Channels::Grey);
    for (x, y) in pixels(&grey) {
        let expected = if pattern(x, y, 0, "8") > 127 { 255 } else { 0 };
        assert_eq!(grey.value(x, y, 0), Some(expected), "column {x}, row {y}");
    }
}

#[test]
fn big_tiff() {
    assert_pattern(&fixture("bigtiff-rgb-8.tif"), Channels::Rgb, "8");
    assert_pattern(&fixture("bigtiff-grey-16.tif"), Channels::Grey, "16");
}

#[test]
fn pages_may_differ_in_size() {
    let slices = read_fixture("pages-of-three-sizes.tif").expect("a valid file");
    let found: Vec<_> = slices.iter().map(|s| (s.name(), s.width(), s.height(), s.channels())).collect();
    assert_eq!(
        found,
        [
            ("pages-of-three-sizes.tif#1", 21, 13, Channels::Grey),
            ("pages-of-three-sizes.tif#2", 5, 30, Channels::Rgb),
            ("pages-of-three-sizes.tif#3", 1, 1, Channels::Grey),
        ]
    );
    for (slice, bits) in slices.iter().zip(["8", "16", "8"]) {
        for (x, y) in pixels(slice) {
            assert_eq!(slice.value(x, y, 0), Some(pattern(x, y, 0, bits)), "{}: column {x}, row {y}", slice.name());
        }
    }
}

#[test]
fn thumbnails_are_skipped() {
    let slice = fixture("thumbnail-second.tif");
    assert_eq!(slice.name(), "thumbnail-second.tif");
    assert_pattern(&slice, Channels::Grey, "8");
}

#[test]
fn every_kind_of_sample() {
    let mut read = 0;
    for path in files(&fixtures()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with("kind-") || name.contains("whole") {
            continue;
        }
        // The script stores a rising line of the 8-bit pattern, whose lowest value is 0. So the samples are that
        // pattern, with its highest value at 65535.
        let slice = one(&path);
        let channels = if name.contains("rgb") { Channels::Rgb } else { Channels::Grey };
        assert_eq!((slice.width(), slice.height(), slice.channels()), (WIDTH, HEIGHT, channels), "{name}");
        let stored: Vec<f64> = pixels(&slice)
            .flat_map(|(x, y)| (0..channels.count()).map(move |c| f64::from(pattern(x, y, c, "8"))))
            .collect();
        let high = stored.iter().copied().fold(0.0, f64::max);
        for (i, (sample, stored)) in slice.samples().iter().zip(stored).enumerate() {
            let expected = (stored / high * 65_535.0).round();
            assert!((f64::from(sample) - expected).abs() <= 1.0, "{name}, sample {i}: {sample}, expected {expected}");
        }
        read += 1;
    }
    assert_eq!(read, 13);
}

#[test]
fn whole_numbers_that_fit_16_bits_stay_as_they_are() {
    for (name, unit) in [("kind-whole-f32.tif", 1), ("kind-whole-u32.tif", 200)] {
        let slice = fixture(name);
        for (x, y) in pixels(&slice) {
            assert_eq!(slice.value(x, y, 0), Some(pattern(x, y, 0, "8") * unit), "{name}");
        }
    }
    for bits in [2, 4, 12] {
        for name in [format!("bits-{bits}.tif"), format!("bits-{bits}-lzw.tif")] {
            let slice = fixture(&name);
            assert_eq!(slice.samples().bits(), if bits == 12 { 16 } else { 8 });
            for (x, y) in pixels(&slice) {
                let expected =
                    if bits == 12 { pattern(x, y, 0, "16") >> 4 } else { pattern(x, y, 0, "8") >> (8 - bits) };
                assert_eq!(slice.value(x, y, 0), Some(expected), "{name}");
            }
        }
    }
    for name in ["bits-1-packbits.tif", "bits-1-white-is-zero.tif"] {
        let slice = fixture(name);
        for (x, y) in pixels(&slice) {
            assert_eq!(slice.value(x, y, 0), Some(u16::from(pattern(x, y, 0, "8") > 127)), "{name}");
        }
    }
}

#[test]
fn samples_that_are_not_finite_are_named() {
    let error = read_fixture("refused-not-finite.tif").expect_err("NaN and infinity");
    let message = "refused-not-finite.tif: 2 samples are not finite: the first is NaN, in column 5 of row 2";
    assert_eq!(error.to_string(), message);
}

#[test]
fn palettes_have_colours_and_labels() {
    for name in ["palette-8.tif", "palette-8.png"] {
        let slice = fixture(name);
        let labels = slice.labels().expect("the indices of the palette");
        for ((x, y), &label) in pixels(&slice).zip(labels) {
            assert_eq!(u16::from(label), pattern(x, y, 0, "8"), "{name}");
        }
    }
    for bits in [1, 2, 4] {
        let slice = fixture(&format!("palette-{bits}.png"));
        let labels = slice.labels().expect("the indices of the palette");
        for ((x, y), &label) in pixels(&slice).zip(labels) {
            let index = pattern(x, y, 0, "8") >> (8 - bits);
            assert_eq!(u16::from(label), index, "{bits} bits");
            let colour = [0, 1, 2].map(|c| slice.value(x, y, c));
            assert_eq!(colour, [255 - index, index, 9 * index].map(Some), "{bits} bits");
        }
    }
    // A TIFF palette of 2 bits: the pixels 3, 0, 1 and 2.
    let mut page = Page::grey(4, 1);
    for (tag, values) in [(258, vec![2]), (262, vec![3]), (320, vec![0, 1, 2, 3, 0, 0, 0, 9, 7, 0, 0, 0])] {
        page.set(tag, 3, values.into_iter().map(|value| if tag == 320 { value << 8 } else { value }).collect());
    }
    page.data = vec![0b1100_0110];
    let slices = read_bytes(&page.file()).expect("valid");
    assert_eq!(slices[0].labels(), Some(&[3, 0, 1, 2][..]));
    assert_eq!(slices[0].samples(), &Samples::U8(vec![3, 9, 0, 0, 0, 7, 1, 0, 0, 2, 0, 0]));
    // The values of a grey PNG with few bits are scaled, and kept as labels.
    assert!(fixture("grey-1.png").labels().is_some_and(|labels| labels.contains(&1) && labels.iter().all(|&l| l < 2)));
    assert_eq!(fixture("grey-8.png").labels(), None);
}

#[test]
fn grey_planes_are_slices() {
    for (name, planes) in
        [("planes-4.tif", 4), ("chunky-planes-2.tif", 2), ("chunky-planes-3.tif", 3), ("chunky-planes-5.tif", 5)]
    {
        let pictures: Vec<[usize; 1]> = (0..planes).map(|c| [c]).collect();
        assert_pictures(name, &pictures.iter().map(|picture| &picture[..]).collect::<Vec<_>>());
        assert_eq!(read_fixture(name).expect("valid")[planes - 1].name(), format!("{name}#{planes}"));
    }
}

#[test]
fn bytes_may_start_with_the_lowest_bit() {
    assert_pattern(&fixture("fill-order-2.tif"), Channels::Rgb, "8");
}

/// Checks that the channels of the slices are these pictures of `make.py`: picture k has the pattern of channel k.
fn assert_pictures(name: &str, expected: &[&[usize]]) {
    let slices = read_fixture(name).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(slices.len(), expected.len(), "{name}");
    for (slice, pictures) in slices.iter().zip(expected) {
        assert_eq!(slice.channels().count(), pictures.len(), "{}", slice.name());
        for (x, y) in pixels(slice) {
            for (c, &picture) in pictures.iter().enumerate() {
                assert_eq!(slice.value(x, y, c), Some(pattern(x, y, picture, "8")), "{}: channel {c}", slice.name());
            }
        }
    }
}

#[test]
fn hyperstacks_are_read_by_their_description() {
    assert_pictures("imagej-c3z2.tif", &[&[0, 1, 2], &[3, 4, 5]]);
    assert_pictures("ome-c3z2.tif", &[&[0, 2, 4], &[1, 3, 5]]);
    assert_pictures("imagej-t3z2.tif", &[&[0], &[1], &[2], &[3], &[4], &[5]]);
    assert_pictures("imagej-c6.tif", &[&[0], &[1], &[2], &[3], &[4], &[5]]);
    assert!(matches!(fault(read_fixture("imagej-c2z3.tif")), FileFault::ChannelCount { found: 2 }));
}

#[test]
fn channels_are_read_by_their_names() {
    assert_pictures("ome-named-c4.tif", &[&[1, 3, 0]]);
    for file in ["imagej-labels-little.tif", "imagej-labels-big.tif"] {
        assert_pictures(file, &[&[2, 0, 1], &[5, 3, 4]]);
    }
    let notes = |file: &str| read_fixture(file).expect("valid")[0].notes().to_vec();
    assert_eq!(notes("ome-named-c4.tif"), [ReadNote::NamedChannels { flair: 4, others: Some([2, 1]), count: 4 }]);
    assert_eq!(notes("ome-c3z2.tif"), [ReadNote::UnnamedChannels]);
}

#[test]
fn one_directory_may_describe_a_stack() {
    let bytes = fs::read(fixtures().join("imagej-one-directory.tif")).expect("a fixture");
    let slices = read_bytes(&bytes).expect("valid");
    assert_eq!(slices.len(), 3);
    for (c, slice) in slices.iter().enumerate() {
        for (x, y) in pixels(slice) {
            assert_eq!(slice.value(x, y, 0), Some(pattern(x, y, c, "16")), "{}", slice.name());
        }
    }
    // A stack that is cut off is refused. A single image with the description of a stack is a slice.
    let image = WIDTH * HEIGHT * 2;
    assert!(matches!(fault(read_bytes(&bytes[..bytes.len() - 1])), FileFault::Truncated { .. }));
    let single = read_bytes(&bytes[..bytes.len() - 2 * image]).expect("valid");
    assert_eq!((single.len(), single[0].samples()), (1, slices[0].samples()));
}

#[test]
fn smaller_copies_are_not_slices() {
    assert_pictures("pyramid.tif", &[&[0]]);
    assert_eq!(fixture("pyramid.tif").notes(), [ReadNote::SmallerCopies { count: 2 }]);
    assert_pictures("sub-directories.tif", &[&[0]]);
    let rising = fixture("pyramid-rising.tif");
    assert_eq!((rising.width(), rising.notes()), (64, &[ReadNote::SmallerCopies { count: 2 }][..]));
    assert!(pixels(&rising).all(|(x, y)| rising.value(x, y, 0) == Some(pattern(x, y, 0, "8"))));
}

#[test]
fn a_thumbnail_may_have_the_picture_in_a_sub_directory() {
    assert_pictures("thumbnail-of-sub-directory.tif", &[&[0]]);
}

#[test]
fn every_orientation_is_read_upright() {
    for code in 2..=8 {
        let slice = fixture(&format!("orientation-{code}.tif"));
        assert_pattern(&slice, Channels::Grey, "8");
        assert_eq!(u64::from(slice.orientation().code()), code);
        // The resolution is that of the stored columns and rows.
        let spacing = slice.spacing().or(slice.doubtful_spacing()).expect("a resolution");
        let expected = if code > 4 { [12.7, 25.4] } else { [25.4, 12.7] };
        assert_eq!([spacing.x, spacing.y], expected, "{code}");
    }
}

#[test]
fn imagej_and_ome_state_millimetres() {
    for (name, source, [x, y, z]) in [
        ("imagej-millimetres.tif", SpacingSource::ImageJ, [0.9375, 0.5, 5.0]),
        ("ome-c3z2.tif", SpacingSource::Ome, [0.5, 0.75, 6.0]),
    ] {
        for slice in read_fixture(name).expect("valid") {
            let spacing = slice.spacing().expect("millimetres");
            assert!((spacing.x - x).abs() < 1e-6 && spacing.y == y && spacing.z == Some(z), "{name}: {spacing:?}");
            assert_eq!(slice.spacing_source(), Some(source));
        }
    }
}

#[test]
fn spacing_is_known_only_if_the_file_states_it() {
    // 254/5 and 20 pixels per inch or centimetre: 400 columns are 200 mm or 79 mm wide.
    let near = |spacing: Option<Spacing>, x: f64, y: f64| {
        let spacing = spacing.expect("a resolution");
        assert!((spacing.x - x).abs() < 1e-12 && (spacing.y - y).abs() < 1e-12, "{spacing:?}, expected {x}, {y}");
    };
    let inch = fixture("resolution-inch.tif");
    near(inch.spacing(), 0.5, 1.27);
    assert_eq!((inch.doubtful_spacing(), inch.spacing_source()), (None, Some(SpacingSource::Tiff)));
    let centimetre = fixture("resolution-centimetre.tif");
    near(centimetre.doubtful_spacing(), 10.0 / 50.8, 0.5);
    assert_eq!((centimetre.spacing(), centimetre.spacing_source()), (None, Some(SpacingSource::Tiff)));
    let none = fixture("resolution-none.tif");
    assert_eq!((none.spacing(), none.doubtful_spacing(), none.spacing_source()), (None, None, None));
    assert_eq!(fixture("white-is-zero-8.tif").spacing(), None);
    // A resolution of 0, or divided by 0, is ignored.
    for ratio in [(0, 1), (1, 0), (0, 0)] {
        let mut page = Page::grey(1, 1);
        page.set(282, 5, vec![ratio.0, ratio.1]);
        page.set(283, 5, vec![1, 1]);
        page.set(296, 3, vec![2]);
        assert_eq!(read_bytes(&page.file()).expect("valid otherwise")[0].spacing(), None);
    }
}

#[test]
fn resolutions_that_programs_write_by_default_are_doubtful() {
    let stated = |unit, x: u64, y: u64, width| {
        let mut page = Page::grey(width, 1);
        page.set(282, 5, vec![x, y]);
        page.set(283, 5, vec![x, y]);
        page.set(296, 3, vec![unit]);
        let slice = read_bytes(&page.file()).expect("valid").remove(0);
        assert_eq!(slice.spacing().is_some(), slice.doubtful_spacing().is_none());
        slice.spacing().is_some()
    };
    for dots in [72, 96, 100, 150, 200, 300, 600] {
        // The field of view is 200 mm.
        assert!(!stated(2, dots, 1, dots * 200 * 10 / 254), "{dots} per inch");
        assert!(!stated(3, dots * 1000, 2540, dots * 200 * 10 / 254), "{dots} per inch in centimetres");
    }
    // 118 per centimetre are 299.7 per inch.
    assert!(!stated(3, 118, 1, 2360));
    // 1 mm, for fields of view of 149, 150, 350 and 351 mm.
    assert_eq!([149, 150, 350, 351].map(|width| stated(3, 10, 1, width)), [false, true, true, false]);
}

#[test]
fn an_image_may_be_very_wide() {
    let mut page = Page::grey(65_535, 3);
    page.data = (0..65_535 * 3).map(|i: u32| (i % 253) as u8).collect();
    page.set(279, 4, vec![65_535 * 3]);
    let slices = read_bytes(&page.file()).expect("within the limits");
    assert_eq!((slices[0].width(), slices[0].height()), (65_535, 3));
    assert_eq!(slices[0].value(65_534, 2, 0), Some(((65_535 * 3 - 1) % 253) as u16));
}

#[test]
fn optional_tags_may_be_missing() {
    // Without StripByteCounts, RowsPerStrip, SamplesPerPixel and PlanarConfiguration: all have defaults.
    let mut page = Page::grey(3, 2);
    for tag in [277, 278, 279, 284] {
        page.remove(tag);
    }
    assert_eq!(read_bytes(&page.file()).expect("valid")[0].samples(), &Samples::U8(vec![0, 1, 2, 3, 4, 5]));
    // More rows in a strip than in the image.
    page.set(278, 4, vec![u64::from(u32::MAX)]);
    assert_eq!(read_bytes(&page.file()).expect("valid")[0].samples(), &Samples::U8(vec![0, 1, 2, 3, 4, 5]));
    // A tag of an unknown type is skipped.
    page.set(40_000, 99, vec![7]);
    assert!(read_bytes(&page.file()).is_ok());
}

#[test]
fn real_slices_if_given() {
    let Some(folder) = std::env::var_os("GLIOSCOPE_REAL").map(PathBuf::from) else {
        println!("real slices: skipped, GLIOSCOPE_REAL is not set");
        return;
    };
    let paths: Vec<PathBuf> =
        tree(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "tif")).collect();
    for path in &paths {
        let slice = one(path);
        let mask = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_mask"));
        assert_eq!((slice.width(), slice.height()), (256, 256), "{}", path.display());
        assert_eq!(slice.channels(), if mask { Channels::Grey } else { Channels::Rgb }, "{}", path.display());
        assert_eq!(slice.samples().bits(), 8);
        assert!(!mask || slice.samples().iter().all(|sample| sample == 0 || sample == 255), "{}", path.display());
        assert_eq!(slice.samples(), &by_the_tiff_crate(&fs::read(path).expect("readable")), "{}", path.display());
    }
    println!("real slices: {} files of {}", paths.len(), folder.display());
}

#[cfg(feature = "formats")]
mod formats {
    use glioscope::read::convert;

    use super::*;

    /// Checks samples of the script's smooth picture, of which lossy compression changes a few levels.
    fn assert_smooth(name: &str, channels: Channels) {
        let slice = fixture(name);
        assert_eq!((slice.width(), slice.height(), slice.channels()), (WIDTH, HEIGHT, channels), "{name}");
        assert_eq!(slice.notes(), [ReadNote::Lossy], "{name}");
        for (x, y) in pixels(&slice) {
            for c in 0..channels.count() {
                let channel = if channels == Channels::Grey { 1 } else { c };
                let expected = 5 * x + 6 * y + 20 * channel;
                let found = slice.value(x, y, c).map_or(1000, usize::from);
                assert!(
                    found.abs_diff(expected) <= 8,
                    "{name}: column {x}, row {y}, channel {c}: {found} for {expected}"
                );
            }
        }
    }

    #[test]
    fn a_file_is_the_same_after_conversion_and_a_damaged_conversion_is_an_error() {
        let limits = Limits::default();
        let mut count = 0;
        for path in files(&fixtures()) {
            let bytes = fs::read(&path).expect("readable");
            let Ok(slices) = read("a.b", &bytes, &limits) else { continue };
            let converted = convert("a.b", &bytes, &limits).expect("as it was read");
            assert!(read("a.b", &converted, &limits).expect("decoded slices") == slices, "{}", path.display());
            for length in 0..converted.len().min(600) {
                if let Ok(fewer) = read("a.b", &converted[..length], &limits) {
                    assert!(fewer == slices[..fewer.len()], "{}: {length} bytes", path.display());
                }
            }
            count += 1;
        }
        assert!(count > 100, "{count} fixtures");
        // A size over the limits is not allocated.
        let head = br#"{"page":null,"width":4000000000,"height":4000000000,"channels":3,"bits":8,"labels":false,"orientation":1,"spacing":null,"doubtful":null,"source":null,"notes":[]}"#;
        let bytes = [b"glioscope slices 1\n", &(head.len() as u32).to_le_bytes()[..], head].concat();
        let error = read("a.jpg", &bytes, &limits).expect_err("too large");
        assert!(error.to_string().starts_with("a.jpg: over the limit"), "{error}");
    }

    #[test]
    fn lossless_formats_keep_every_sample() {
        assert_pattern(&fixture("formats-zstd-rgb-8.tif"), Channels::Rgb, "8");
        assert_pattern(&fixture("formats-zstd-grey-16.tif"), Channels::Grey, "16");
        assert_pattern(&fixture("formats-rgb.bmp"), Channels::Rgb, "8");
        assert_pattern(&fixture("formats-lossless.webp"), Channels::Rgb, "8");
        let gif = fixture("formats-grey.gif");
        for (x, y) in pixels(&gif) {
            assert_eq!([0, 1, 2].map(|c| gif.value(x, y, c)), [Some(pattern(x, y, 0, "8")); 3]);
        }
        let fax = fixture("formats-group4.tif");
        for (x, y) in pixels(&fax) {
            assert_eq!(fax.value(x, y, 0), Some(u16::from(pattern(x, y, 0, "8") > 127)), "column {x}, row {y}");
        }
        assert_eq!(gif.notes(), []);
    }

    #[test]
    fn each_picture_of_an_animation_is_a_slice() {
        // The decoder of WebP rounds when it puts a picture onto the one before.
        for (name, most) in [("formats-animation.gif", 0), ("formats-animation.webp", 1)] {
            let slices = read_fixture(name).expect("valid");
            assert_eq!(slices.len(), 3, "{name}");
            for (c, slice) in slices.iter().enumerate() {
                assert_eq!((slice.name(), slice.notes()), (&*format!("{name}#{}", c + 1), &[][..]));
                for (x, y) in pixels(slice) {
                    let found = slice.value(x, y, 1).expect("inside");
                    assert!(found.abs_diff(pattern(x, y, c, "8")) <= most, "{name}: picture {c}, {x}, {y}: {found}");
                }
            }
            let limits = Limits { pages: 2, ..Limits::default() };
            let bytes = fs::read(fixtures().join(name)).expect("a fixture");
            let found = fault(read(name, &bytes, &limits));
            assert!(matches!(found, FileFault::OverLimit { what: Quantity::Pages, found: 3, .. }), "{name}: {found}");
        }
    }

    #[test]
    fn a_jpeg_without_its_end_is_refused() {
        let bytes = fs::read(fixtures().join("formats-smooth.jpg")).expect("a fixture");
        let found = fault(read_bytes(&bytes[..bytes.len() - 2]));
        assert!(matches!(found, FileFault::Truncated { what: "JPEG data", .. }), "{found}");
    }

    #[test]
    fn lossy_formats_are_close_and_noted() {
        assert_smooth("formats-jpeg-grey.tif", Channels::Grey);
        assert_smooth("formats-jpeg-rgb.tif", Channels::Rgb);
        assert_smooth("formats-jpeg-tables.tif", Channels::Rgb);
        assert_smooth("formats-smooth-grey.jpg", Channels::Grey);
        assert_smooth("formats-smooth.jpg", Channels::Rgb);
        assert_smooth("formats-smooth.webp", Channels::Rgb);
    }

    #[test]
    fn sizes_are_checked_before_decoding() {
        let limits = Limits { pixels: (WIDTH * HEIGHT) as u64 - 1, ..Limits::default() };
        for name in ["formats-smooth.jpg", "formats-smooth.webp", "formats-rgb.bmp", "formats-grey.gif"] {
            let bytes = fs::read(fixtures().join(name)).expect("a fixture");
            let found = fault(read(name, &bytes, &limits));
            assert!(matches!(found, FileFault::OverLimit { what: Quantity::Pixels, .. }), "{name}: {found}");
        }
    }

    #[test]
    fn truncated_files_are_refused_or_read_in_part() {
        for path in files(&fixtures()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("formats-") {
                let bytes = fs::read(&path).expect("a fixture");
                for length in 0..bytes.len() {
                    let _ = read(&name, &bytes[..length], &Limits::default());
                }
            }
        }
    }
}

// ---- unsupported and hostile files ---------------------------------------------------------------------------------

#[test]
fn unsupported_kinds_are_named() {
    use FileFault as F;
    let refused = |name: &str| fault(read_fixture(name));
    assert!(matches!(refused("refused-complex.tif"), F::SampleFormat { found } if found.starts_with("complex")));
    assert!(matches!(refused("refused-bits-24.tif"), F::BitDepth { found } if found == [24]));
    assert!(matches!(refused("refused-5-channels-rgb.tif"), F::ChannelCount { found: 5 }));
    assert!(matches!(refused("refused-cmyk.tif"), F::ColorSpace { code: 5, name: "CMYK" }));
    let compression = |name: &str| match refused(name) {
        F::Compression { code, name } => (code, name),
        other => panic!("{name}: {other}"),
    };
    if cfg!(feature = "formats") {
        assert_eq!(compression("refused-jpeg-12.tif"), (7, "JPEG with another depth than 8 bits"));
    } else {
        assert_eq!(compression("refused-jpeg-12.tif"), (7, "JPEG"));
        assert_eq!(compression("formats-zstd-rgb-8.tif"), (50000, "Zstandard"));
        assert_eq!(compression("formats-group4.tif"), (4, "CCITT Group 4"));
    }
    for bits in [0, 17, 24, 128] {
        let mut page = Page::grey(3, 2);
        page.set(258, 3, vec![bits]);
        assert!(matches!(fault(read_bytes(&page.file())), F::BitDepth { found } if found == [bits]));
    }
    let mut page = Page::grey(3, 2);
    page.set(262, 3, vec![2]);
    page.set(277, 3, vec![3]);
    page.set(258, 3, vec![8, 16, 8]);
    assert!(matches!(fault(read_bytes(&page.file())), F::BitDepth { found } if found == [8, 16, 8]));
    let mut page = Page::grey(3, 2);
    page.set(266, 3, vec![3]);
    assert!(matches!(fault(read_bytes(&page.file())), F::TagValue { tag: "FillOrder", found: 3, .. }));
    let mut page = Page::grey(3, 2);
    page.set(277, 3, vec![9]);
    assert!(matches!(fault(read_bytes(&page.file())), F::ChannelCount { found: 9 }));
}

#[test]
fn files_that_are_not_images() {
    for bytes in [&b"I"[..], b"II*", b"GIF", b"\xff\xd8", b"\x89PNG\r\n", b"MM*\0", b"{}"] {
        let FileFault::NotAnImage { found } = fault(read_bytes(bytes)) else { panic!("{bytes:?} is not an image") };
        assert_eq!(found, bytes[..bytes.len().min(4)]);
    }
    for (bytes, name) in [
        (&b"%PDF-1.7"[..], "a PDF"),
        (b"PK\x03\x04", "a zip"),
        (b"\0\0\0\x20ftypmp42", "a video"),
        (b"", "an empty file"),
        (b"<html></html>", "a web page"),
    ] {
        let FileFault::OtherKind { kind, in_formats: false } = fault(read_bytes(bytes)) else {
            panic!("{bytes:?} has a name")
        };
        assert!(kind.starts_with(name), "{kind}");
    }
}

#[cfg(not(feature = "formats"))]
#[test]
fn images_of_other_formats_are_named() {
    for (name, kind) in [
        ("formats-smooth.jpg", "a JPEG"),
        ("formats-smooth.webp", "a WebP"),
        ("formats-rgb.bmp", "a BMP"),
        ("formats-grey.gif", "a GIF"),
    ] {
        let error = read_fixture(name).expect_err(kind);
        assert_eq!(error.to_string(), format!("{name}: {kind} is not read here: expected a TIFF, PNG, NIfTI or DICOM"));
    }
    for path in files(&fixtures()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("formats-") {
            assert!(fault(read_fixture(&name)).needs_formats(), "{name}");
        }
    }
    assert!(!fault(read_bytes(b"%PDF-1.7")).needs_formats());
}

#[test]
fn errors_name_the_file_the_fault_and_the_values() {
    let error = read("patient 7/scan.tif", b"GIFT 89", &Limits::default()).expect_err("a text");
    let message = error.to_string();
    assert!(message.starts_with("patient 7/scan.tif: not an image"), "{message}");
    assert!(message.contains("47, 49, 46, 54"), "{message}");
    assert!(error.source().is_some_and(|source| source.downcast_ref::<FileFault>().is_some()));
    // The page at fault is named.
    let mut broken = Page::grey(3, 2);
    broken.set(262, 3, vec![8]);
    let error = read("a.tif", &file(&[Page::grey(3, 2), broken]), &Limits::default()).expect_err("a colour space");
    assert_eq!(error.to_string(), "a.tif#2: colour space CIE L*a*b* (8), only grey, RGB and palettes are supported");
    // The error of another library is the source.
    let mut page = Page::grey(3, 2);
    page.set(259, 3, vec![8]);
    let error = read_bytes(&page.file()).expect_err("no zlib stream");
    let fault = error.source().expect("a fault");
    assert!(fault.source().is_some(), "{fault}");
}

#[test]
fn images_without_pixels() {
    for (width, height) in [(0, 5), (5, 0), (0, 0)] {
        let mut page = Page::grey(1, 1);
        page.set(256, 4, vec![width]);
        page.set(257, 4, vec![height]);
        let FileFault::ZeroSized { width: w, height: h } = fault(read_bytes(&page.file())) else { panic!("no pixels") };
        assert_eq!((w, h), (width, height));
        let mut png = fs::read(fixtures().join("grey-8.png")).expect("a fixture");
        png[16..20].copy_from_slice(&(width as u32).to_be_bytes());
        png[20..24].copy_from_slice(&(height as u32).to_be_bytes());
        assert!(matches!(fault(read_bytes(&png)), FileFault::ZeroSized { .. }));
    }
    for (tag, name) in [(322, "TileWidth"), (323, "TileLength")] {
        let mut page = Page::tiles(16, 16);
        page.set(tag, 4, vec![0]);
        let FileFault::TagValue { tag, found: 0, .. } = fault(read_bytes(&page.file())) else { panic!("{name}") };
        assert_eq!(tag, name);
    }
    let mut page = Page::grey(3, 2);
    page.set(278, 4, vec![0]);
    assert!(matches!(fault(read_bytes(&page.file())), FileFault::TagValue { tag: "RowsPerStrip", found: 0, .. }));
}

#[test]
fn files_over_the_limits() {
    let over = |result, expected: Quantity, count: u64, most: u64| match fault(result) {
        FileFault::OverLimit { what, found, limit } => assert_eq!((what, found, limit), (expected, count, most)),
        other => panic!("{other}"),
    };
    let bytes = Page::grey(30, 20).file();
    let limits = Limits { bytes: 100, ..Limits::default() };
    over(read("a.tif", &bytes, &limits), Quantity::Bytes, bytes.len() as u64, 100);
    let limits = Limits { pixels: 599, ..Limits::default() };
    over(read("a.tif", &bytes, &limits), Quantity::Pixels, 600, 599);
    assert!(read("a.tif", &bytes, &Limits { pixels: 600, ..limits }).is_ok());
    let pages = file(&[Page::grey(30, 20), Page::grey(10, 10), Page::grey(1, 1)]);
    over(read("a.tif", &pages, &Limits { pages: 2, ..Limits::default() }), Quantity::Pages, 3, 2);
    assert!(read("a.tif", &pages, &Limits { pages: 3, ..Limits::default() }).is_ok());
    over(read("a.tif", &pages, &Limits { samples: 699, ..Limits::default() }), Quantity::Samples, 700, 699);
    assert!(read("a.tif", &pages, &Limits { samples: 701, ..Limits::default() }).is_ok());
    let png = fs::read(fixtures().join("rgba-8.png")).expect("a fixture");
    over(read("a.png", &png, &Limits { pixels: 272, ..Limits::default() }), Quantity::Pixels, 273, 272);
    over(read("a.png", &png, &Limits { samples: 1091, ..Limits::default() }), Quantity::Samples, 1092, 1091);
    assert!(read("a.png", &png, &Limits { pixels: 273, samples: 1092, ..Limits::default() }).is_ok());
    // Without limits, the address space is the limit, and nothing overflows.
    let none = Limits { pixels: u64::MAX, bytes: u64::MAX, pages: u64::MAX, samples: u64::MAX };
    let mut page = Page::grey(1, 1);
    page.set(256, 4, vec![u64::from(u32::MAX)]);
    page.set(257, 4, vec![u64::from(u32::MAX)]);
    assert!(matches!(fault(read("a.tif", &page.file(), &none)), FileFault::OverLimit { what: Quantity::Pixels, .. }));
}

#[test]
fn ten_thousand_pages() {
    let pages = vec![Page::grey(1, 1); 10_000];
    let FileFault::OverLimit { what: Quantity::Pages, found, limit } = fault(read_bytes(&file(&pages))) else {
        panic!("pages")
    };
    assert_eq!((found, limit), (1025, 1024));
}

#[test]
fn decompression_bombs_are_refused_before_decoding() {
    // 65,535 x 65,535 pixels in a few bytes, with each compression.
    for compression in [1, 5, 8, 32773] {
        let mut page = Page::grey(1, 1);
        page.set(256, 4, vec![65_535]);
        page.set(257, 4, vec![65_535]);
        page.set(259, 3, vec![compression]);
        assert!(matches!(fault(read_bytes(&page.file())), FileFault::OverLimit { what: Quantity::Pixels, .. }));
    }
    let mut png = fs::read(fixtures().join("grey-8.png")).expect("a fixture");
    png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    assert!(matches!(fault(read_bytes(&png)), FileFault::OverLimit { what: Quantity::Pixels, .. }));
    // A thousand pages with the same strip of 16 million pixels.
    let mut page = Page::grey(1, 1);
    page.set(256, 4, vec![4096]);
    page.set(257, 4, vec![4096]);
    page.set(278, 4, vec![4096]);
    page.set(259, 3, vec![8]);
    let FileFault::OverLimit { what: Quantity::Samples, found, .. } = fault(read_bytes(&file(&vec![page; 1000])))
    else {
        panic!("samples")
    };
    assert_eq!(found, 17 * 4096 * 4096);
    // One column of pixels in very wide tiles: a small image, but much to decode.
    let mut page = Page::tiles(1, 4096);
    page.set(322, 4, vec![1 << 20]);
    assert!(matches!(fault(read_bytes(&page.file())), FileFault::OverLimit { what: Quantity::Pixels, .. }));
    // Many strips with the same bytes, which decode to almost nothing.
    let mut page = Page::grey(1, 1000);
    page.data = vec![0x80; 1_000_000];
    page.set(259, 3, vec![32773]);
    page.set(278, 4, vec![1]);
    page.set(273, 4, vec![8; 1000]);
    page.set(279, 4, vec![1_000_000; 1000]);
    let FileFault::Incomplete { chunk: 0, expected: 1, found: 0 } = fault(read_bytes(&page.file())) else {
        panic!("only padding")
    };
    page.data[999_998..].copy_from_slice(&[0, 7]);
    let limits = Limits { bytes: 10_000_000, ..Limits::default() };
    let FileFault::OverLimit { what: Quantity::CompressedBytes, found, .. } =
        fault(read("a.tif", &page.file(), &limits))
    else {
        panic!("compressed bytes")
    };
    assert_eq!(found, 5_000_000);
    // Pages of one pixel each in tiles of the largest size.
    let mut page = Page::tiles(1, 1);
    page.set(322, 4, vec![4096]);
    page.set(323, 4, vec![4096]);
    page.set(259, 3, vec![8]);
    let FileFault::OverLimit { what: Quantity::Samples, found, .. } = fault(read_bytes(&file(&vec![page; 1000])))
    else {
        panic!("padding of all pages")
    };
    assert_eq!(found, 17 * 4096 * 4096);
}

#[test]
fn a_colour_profile_of_any_size_is_skipped() {
    // Zeros, which compress to a thousandth: a common size, and more than the reader allocates.
    let png = fs::read(fixtures().join("grey-8.png")).expect("a fixture");
    let (header, rest) = png.split_at(33);
    for length in [500_000, 1 << 26] {
        let mut packed = flate2::write::ZlibEncoder::new(b"p\0\0".to_vec(), flate2::Compression::best());
        packed.write_all(&vec![0; length]).expect("in memory");
        let data = packed.finish().expect("in memory");
        let mut checksum = flate2::Crc::new();
        checksum.update(b"iCCP");
        checksum.update(&data);
        let chunk = [&(data.len() as u32).to_be_bytes()[..], b"iCCP", &data, &checksum.sum().to_be_bytes()].concat();
        let slices = read_bytes(&[header, &chunk, rest].concat()).expect("a valid image");
        assert_pattern(&slices[0], Channels::Grey, "8");
    }
}

#[test]
fn pages_in_a_loop() {
    // One page that links to itself, and three of which the last links to the second.
    for (count, back_to) in [(1_usize, 0_usize), (3, 1)] {
        let (mut bytes, directories) = file_with_directories(&vec![Page::grey(2, 2); count], false, false);
        let end = directories[count - 1] + 2 + 12 * Page::grey(2, 2).tags.len();
        bytes[end..end + 4].copy_from_slice(&(directories[back_to] as u32).to_le_bytes());
        let FileFault::PageLoop { page, offset } = fault(read_bytes(&bytes)) else { panic!("a loop") };
        assert_eq!((page, offset), (count as u64, directories[back_to] as u64));
    }
}

#[test]
fn counts_beyond_the_file() {
    // More values in a tag than the file has, for every tag, in classic TIFF and BigTIFF.
    for wide in [false, true] {
        let template = Page::grey(3, 2);
        for index in 0..template.tags.len() {
            for count in [u64::from(u32::MAX), 1 << 28, if wide { u64::MAX } else { 1 << 31 }] {
                let (mut bytes, directories) = file_with_directories(std::slice::from_ref(&template), wide, false);
                let at = directories[0] + if wide { 8 + 20 * index + 4 } else { 2 + 12 * index + 4 };
                if wide {
                    bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
                } else {
                    bytes[at..at + 4].copy_from_slice(&(count as u32).to_le_bytes());
                }
                let tag = template.tags[index].0;
                match fault(read_bytes(&bytes)) {
                    FileFault::Truncated { needed, found, .. } => assert!(needed > found, "tag {tag}"),
                    other => panic!("tag {tag}: {other}"),
                }
            }
        }
    }
    // More tags than allowed, and more than the file has.
    let (mut bytes, directories) = file_with_directories(&[Page::grey(3, 2)], true, false);
    bytes[directories[0]..directories[0] + 8].fill(0xff);
    assert!(matches!(fault(read_bytes(&bytes)), FileFault::OverLimit { what: Quantity::Tags, found: u64::MAX, .. }));
    let (mut bytes, directories) = file_with_directories(&[Page::grey(3, 2)], false, false);
    bytes[directories[0]..directories[0] + 2].copy_from_slice(&4096_u16.to_le_bytes());
    assert!(matches!(fault(read_bytes(&bytes)), FileFault::Truncated { what: "page directory", .. }));
    // Too many tiles, each of one pixel.
    let mut page = Page::grey(2048, 1024);
    page.remove(273);
    page.remove(279);
    page.set(322, 4, vec![1]);
    page.set(323, 4, vec![1]);
    page.set(324, 4, vec![8]);
    page.set(325, 4, vec![1]);
    assert!(matches!(fault(read_bytes(&page.file())), FileFault::OverLimit { what: Quantity::Chunks, .. }));
}

#[test]
fn files_truncated_at_any_byte() {
    for name in [
        "rgb-16-be-none-strip-planar.tif",
        "grey-16-le-lzw+difference-strip-chunky.tif",
        "rgb-8-be-packbits-tile-chunky.tif",
        "rgba-8-le-deflate-tile-planar.tif",
        "bigtiff-rgb-8.tif",
        "pages-of-three-sizes.tif",
        "palette-8.tif",
    ] {
        let bytes = fs::read(fixtures().join(name)).expect("a fixture");
        let whole = read_bytes(&bytes).expect("valid");
        for length in 0..bytes.len() {
            match read_bytes(&bytes[..length]) {
                // The last bytes may be padding, or tags that are not read.
                Ok(slices) => assert_eq!(slices, whole, "{name} cut to {length} bytes"),
                Err(error) => {
                    let fault = fault::<Vec<Slice>>(Err(error));
                    let expected = matches!(
                        fault,
                        FileFault::Truncated { .. } | FileFault::NotAnImage { .. } | FileFault::OtherKind { .. }
                    );
                    assert!(expected && length < bytes.len(), "{name} cut to {length} bytes: {fault}");
                }
            }
        }
        assert!(read_bytes(&bytes[..bytes.len() / 2]).is_err(), "{name} cut in half");
    }
    for name in ["rgba-16.png", "palette-8.png"] {
        let bytes = fs::read(fixtures().join(name)).expect("a fixture");
        for length in 0..bytes.len() - 20 {
            let result = read_bytes(&bytes[..length]);
            assert!(
                matches!(
                    fault(result),
                    FileFault::Truncated { .. }
                        | FileFault::NotAnImage { .. }
                        | FileFault::OtherKind { .. }
                        | FileFault::Png { .. }
                ),
                "{name} cut to {length} bytes"
            );
        }
    }
}

#[test]
fn compressed_data_that_ends_early_or_is_invalid() {
    let cases: [(u64, &[u8]); 3] =
        [(5, &[0x80, 0x40, 0x60]), (8, &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]), (32773, &[1, 9, 9])];
    for (method, data) in cases {
        let mut page = Page::grey(3, 2);
        page.set(259, 3, vec![method]);
        page.data = data.to_vec();
        page.set(279, 4, vec![data.len() as u64]);
        match fault(read_bytes(&page.file())) {
            FileFault::Incomplete { chunk: 0, expected: 6, found } => assert!(found < 6, "method {method}"),
            other => panic!("method {method}: {other}"),
        }
    }
    for method in [5, 8] {
        let mut page = Page::grey(3, 2);
        page.set(259, 3, vec![method]);
        page.data = vec![0xff; 64];
        page.set(279, 4, vec![64]);
        assert!(matches!(fault(read_bytes(&page.file())), FileFault::Corrupt { chunk: 0, .. }), "method {method}");
    }
}

#[test]
fn missing_and_invalid_tags() {
    for (tag, name) in
        [(256, "ImageWidth"), (257, "ImageLength"), (262, "PhotometricInterpretation"), (273, "StripOffsets")]
    {
        let mut page = Page::grey(3, 2);
        page.remove(tag);
        let FileFault::MissingTag { tag } = fault(read_bytes(&page.file())) else { panic!("{name}") };
        assert_eq!(tag, name);
    }
    // A tag of text, of undefined bytes, or of floating-point numbers.
    for (tag, kind) in [(256, 2), (258, 7), (273, 12), (259, 11)] {
        let mut page = Page::grey(3, 2);
        page.set(tag, kind, vec![1]);
        assert!(matches!(fault(read_bytes(&page.file())), FileFault::TagCount { .. }), "tag {tag} of type {kind}");
    }
    // Fewer strips than rows.
    let mut page = Page::grey(3, 2);
    page.set(278, 4, vec![1]);
    let FileFault::TagCount { tag: "StripOffsets", found: 1, expected: 2, .. } = fault(read_bytes(&page.file())) else {
        panic!("one strip of two")
    };
    for (tag, value, name) in [(317, 3, "Predictor"), (284, 9, "PlanarConfiguration")] {
        let mut page = Page::grey(3, 2);
        page.set(259, 3, vec![5]);
        page.set(tag, 3, vec![value]);
        let FileFault::TagValue { tag, found, .. } = fault(read_bytes(&page.file())) else { panic!("{name}") };
        assert_eq!((tag, found), (name, value));
    }
    // A thumbnail alone is the picture.
    let mut page = Page::grey(3, 2);
    page.set(254, 4, vec![1]);
    assert_eq!(read_bytes(&page.file()).map(|slices| slices.len()).ok(), Some(1));
    // Only a transparency mask, and no page at all.
    page.set(254, 4, vec![4]);
    assert!(matches!(fault(read_bytes(&page.file())), FileFault::NoPages { found: 1 }));
    assert!(matches!(fault(read_bytes(b"II*\0\0\0\0\0")), FileFault::NoPages { found: 0 }));
    assert!(matches!(fault(read_bytes(b"MM\0+\0\x04\0\0\0\0\0\0\0\0\0\0")), FileFault::TagValue { found: 4, .. }));
}

/// A small, reproducible fuzz test: a few bytes of valid files are altered.
#[test]
fn altered_files_neither_panic_nor_exceed_the_limits() {
    let limits = Limits { pixels: 4096, bytes: 1 << 16, pages: 8, samples: 1 << 14 };
    let values = [0, 1, 2, 3, 7, 0x7f, 0x80, 0xff];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let (mut valid, mut refused) = (0, 0);
    for path in files(&fixtures()) {
        let original = fs::read(&path).expect("a fixture");
        let formats = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("formats-"));
        if !(formats || [&b"II"[..], b"MM", b"\x89PNG"].iter().any(|head| original.starts_with(head))) {
            continue;
        }
        for _ in 0..150 {
            let mut bytes = original.clone();
            for _ in 0..1 + random(4) {
                let at = random(bytes.len());
                bytes[at] = values[random(values.len())];
            }
            match read("altered", &bytes, &limits) {
                Ok(slices) => {
                    valid += 1;
                    let samples: usize = slices.iter().map(|slice| slice.samples().len()).sum();
                    assert!(samples as u64 <= limits.samples && slices.len() as u64 <= limits.pages);
                }
                Err(error) => {
                    refused += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
    }
    println!("{valid} altered files were read, {refused} refused");
    assert!(valid > 100 && refused > 100);
}

// ---- comparison with the `tiff` crate
// --------------------------------------------------------------------------------------

mod against_the_tiff_crate {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;
    use tiff::encoder::colortype::{ColorType, Gray8, Gray16, Gray32, Gray32Float, Gray64Float, GrayI32, RGB8, RGB16};
    use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue};

    fn encode<C: ColorType>(
        width: u32,
        height: u32,
        method: u8,
        difference: bool,
        rows: u32,
        data: &[C::Inner],
    ) -> Vec<u8>
    where
        [C::Inner]: TiffValue,
    {
        let compression = match method {
            0 => Compression::Uncompressed,
            1 => Compression::Lzw,
            2 => Compression::Deflate(DeflateLevel::Fast),
            _ => Compression::Packbits,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).expect("a header").with_compression(compression);
        if difference && (1..=2).contains(&method) {
            encoder = encoder.with_predictor(Predictor::Horizontal);
        }
        let mut image = encoder.new_image::<C>(width, height).expect("a page");
        image.rows_per_strip(rows).expect("rows");
        image.write_data(data).expect("samples");
        bytes.into_inner()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn files_of_its_encoder_are_read(
            width in 1_u32..40, height in 1_u32..40, method in 0_u8..4, difference: bool, rows in 1_u32..50,
            rgb: bool, deep: bool, seed: u16, step in 0_u16..700,
        ) {
            let channels = if rgb { Channels::Rgb } else { Channels::Grey };
            let count = width as usize * height as usize * channels.count();
            let wide: Vec<u16> = (0..count).map(|i| seed.wrapping_add((i as u16).wrapping_mul(step))).collect();
            let narrow: Vec<u8> = wide.iter().map(|&sample| sample as u8).collect();
            let bytes = match (rgb, deep) {
                (false, false) => encode::<Gray8>(width, height, method, difference, rows, &narrow),
                (false, true) => encode::<Gray16>(width, height, method, difference, rows, &wide),
                (true, false) => encode::<RGB8>(width, height, method, difference, rows, &narrow),
                (true, true) => encode::<RGB16>(width, height, method, difference, rows, &wide),
            };
            let slices = read_bytes(&bytes).expect("valid");
            let samples = if deep { Samples::U16(wide) } else { Samples::U8(narrow) };
            let (width, height) = (width as usize, height as usize);
            let expected = Slice::new("test.tif", width, height, channels, samples).expect("consistent");
            prop_assert_eq!(&slices, &[expected]);
            prop_assert_eq!(slices[0].samples(), &by_the_tiff_crate(&bytes));
        }

        #[test]
        fn a_grey_slice_has_the_same_samples_in_every_kind_that_holds_them(
            width in 1_u32..20, height in 1_u32..20, method in 0_u8..4, difference: bool, rows in 1_u32..25, seed: u16,
            step in 0_u16..700,
        ) {
            let wide: Vec<u16> =
                (0..width * height).map(|i| seed.wrapping_add((i as u16).wrapping_mul(step))).collect();
            let unsigned: Vec<u32> = wide.iter().map(|&sample| sample.into()).collect();
            let signed: Vec<i32> = wide.iter().map(|&sample| sample.into()).collect();
            let float: Vec<f32> = wide.iter().map(|&sample| sample.into()).collect();
            let double: Vec<f64> = wide.iter().map(|&sample| sample.into()).collect();
            let mut png = Vec::new();
            let big_endian: Vec<u8> = wide.iter().flat_map(|sample| sample.to_be_bytes()).collect();
            let mut encoder = png::Encoder::new(&mut png, width, height);
            encoder.set_color(png::ColorType::Grayscale);
            encoder.set_depth(png::BitDepth::Sixteen);
            encoder.write_header().and_then(|mut writer| writer.write_image_data(&big_endian)).expect("a PNG");
            for bytes in [
                encode::<Gray16>(width, height, method, difference, rows, &wide),
                encode::<Gray32>(width, height, method, difference, rows, &unsigned),
                encode::<GrayI32>(width, height, method, difference, rows, &signed),
                encode::<Gray32Float>(width, height, method, false, rows, &float),
                encode::<Gray64Float>(width, height, method, false, rows, &double),
                png,
            ] {
                let slices = read_bytes(&bytes).expect("valid");
                prop_assert_eq!(slices[0].samples(), &Samples::U16(wide.clone()));
            }
        }
    }
}

// ---- slices ---------------------------------------------------------------------------------------------

#[test]
fn a_slice_is_validated() {
    let slice =
        |width, height, channels, samples| Slice::new("a", width, height, channels, Samples::U8(vec![0; samples]));
    assert!(slice(4, 3, Channels::Grey, 12).is_ok());
    assert!(slice(4, 3, Channels::Rgb, 36).is_ok());
    assert!(matches!(fault(slice(4, 3, Channels::Rgb, 12)), FileFault::SampleCount { expected: 36, found: 12 }));
    assert!(matches!(fault(slice(4, 3, Channels::Grey, 13)), FileFault::SampleCount { expected: 12, found: 13 }));
    assert!(matches!(fault(slice(0, 3, Channels::Grey, 0)), FileFault::ZeroSized { width: 0, height: 3 }));
    assert!(matches!(fault(slice(usize::MAX, usize::MAX, Channels::Rgb, 0)), FileFault::SampleCount { .. }));
}

#[test]
fn samples_of_a_slice() {
    let samples = Samples::U16((0..18).map(|i| i * 1000).collect());
    let slice = Slice::new("a", 3, 2, Channels::Rgb, samples).expect("consistent");
    assert_eq!(slice.value(0, 0, 0), Some(0));
    assert_eq!(slice.value(2, 1, 1), Some(16_000));
    assert_eq!((slice.value(3, 0, 0), slice.value(0, 2, 0), slice.value(0, 0, 3)), (None, None, None));
    assert_eq!(slice.samples().iter().map(u32::from).sum::<u32>(), 153_000);
    assert_eq!((slice.samples().bits(), slice.samples().max(), slice.samples().len()), (16, 65_535, 18));
    let spacing = Some(Spacing::in_plane(0.5, 0.7));
    assert_eq!(slice.with_spacing(spacing).spacing(), spacing);
}

// ---- helpers -------------------------------------------------------------------------------------------------------

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn files(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().filter(|path| path.is_file()).collect()
}

fn tree(folder: &Path) -> Vec<PathBuf> {
    entries(folder).into_iter().flat_map(|path| if path.is_dir() { tree(&path) } else { vec![path] }).collect()
}

fn read_bytes(bytes: &[u8]) -> Result<Vec<Slice>, Error> {
    read("test.tif", bytes, &Limits::default())
}

fn read_fixture(name: &str) -> Result<Vec<Slice>, Error> {
    read(name, &fs::read(fixtures().join(name)).expect("a fixture"), &Limits::default())
}

fn fixture(name: &str) -> Slice {
    let mut slices = read_fixture(name).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(slices.len(), 1, "{name}");
    slices.remove(0)
}

fn one(path: &Path) -> Slice {
    let bytes = fs::read(path).expect("readable");
    let mut slices =
        read(&path.to_string_lossy(), &bytes, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(slices.len(), 1, "{}", path.display());
    slices.remove(0)
}

fn fault<T: std::fmt::Debug>(result: Result<T, Error>) -> FileFault {
    match result {
        Err(Error::File { fault, .. }) => fault,
        other => panic!("expected a fault of the file, found {other:?}"),
    }
}

/// The samples of every fixture.
fn pattern(x: usize, y: usize, c: usize, bits: &str) -> u16 {
    match bits {
        "8" => ((7 * x + 13 * y + 29 * c) % 256) as u16,
        _ => ((1009 * x + 2503 * y + 7001 * c) % 65_536) as u16,
    }
}

fn pixels(slice: &Slice) -> impl Iterator<Item = (usize, usize)> + use<> {
    let (width, height) = (slice.width(), slice.height());
    (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)))
}

fn assert_pattern(slice: &Slice, channels: Channels, bits: &str) {
    let name = slice.name();
    assert_eq!((slice.width(), slice.height(), slice.channels()), (WIDTH, HEIGHT, channels), "{name}");
    assert_eq!(slice.samples().bits().to_string(), bits, "{name}");
    for (x, y) in pixels(slice) {
        for c in 0..channels.count() {
            assert_eq!(slice.value(x, y, c), Some(pattern(x, y, c, bits)), "{name}: column {x}, row {y}, channel {c}");
        }
    }
}

/// Checks a palette image: index i is the colour (i, 255 - i, i / 2).
fn assert_palette(slice: &Slice) {
    assert_eq!((slice.width(), slice.height(), slice.channels()), (WIDTH, HEIGHT, Channels::Rgb));
    for (x, y) in pixels(slice) {
        let i = pattern(x, y, 0, "8");
        for (c, expected) in [i, 255 - i, i / 2].into_iter().enumerate() {
            assert_eq!(slice.value(x, y, c), Some(expected), "{}: column {x}, row {y}", slice.name());
        }
    }
}

/// The samples of a chunky image, read by the `tiff` crate.
fn by_the_tiff_crate(bytes: &[u8]) -> Samples {
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(bytes)).expect("valid");
    match decoder.read_image().expect("valid") {
        tiff::decoder::DecodingResult::U8(samples) => Samples::U8(samples),
        tiff::decoder::DecodingResult::U16(samples) => Samples::U16(samples),
        other => panic!("{other:?}"),
    }
}

/// One page of a file to build. Its tags need not be true.
#[derive(Clone)]
struct Page {
    /// Code, type and values; two numbers for a fraction.
    tags: Vec<(u16, u16, Vec<u64>)>,
    /// The bytes of the strips or tiles. Those of the first page are at byte 8 or 16 of the file.
    data: Vec<u8>,
}

impl Page {
    /// An uncompressed page in one strip, with the 8-bit samples 0, 1, 2, ...
    fn grey(width: u64, height: u64) -> Self {
        let tags = vec![
            (256, 4, vec![width]),
            (257, 4, vec![height]),
            (258, 3, vec![8]),
            (259, 3, vec![1]),
            (262, 3, vec![1]),
            (273, 4, vec![8]),
            (277, 3, vec![1]),
            (278, 4, vec![height]),
            (279, 4, vec![width * height]),
            (284, 3, vec![1]),
        ];
        Self { tags, data: (0..(width * height).min(1 << 20)).map(|i| i as u8).collect() }
    }

    /// A page in one tile of 16 x 16.
    fn tiles(width: u64, height: u64) -> Self {
        let mut page = Self::grey(width, height);
        for tag in [273, 278, 279] {
            page.remove(tag);
        }
        for (tag, value) in [(322, 16), (323, 16), (324, 8), (325, 256)] {
            page.set(tag, 4, vec![value]);
        }
        page.data = vec![7; 256];
        page
    }

    fn set(&mut self, code: u16, kind: u16, values: Vec<u64>) {
        self.remove(code);
        self.tags.push((code, kind, values));
        self.tags.sort();
    }

    fn remove(&mut self, code: u16) {
        self.tags.retain(|tag| tag.0 != code);
    }

    fn file(&self) -> Vec<u8> {
        file(std::slice::from_ref(self))
    }
}

fn file(pages: &[Page]) -> Vec<u8> {
    file_with_directories(pages, false, false).0
}

/// A TIFF (`wide`: BigTIFF) of these pages, and the positions of their directories.
fn file_with_directories(pages: &[Page], wide: bool, big_endian: bool) -> (Vec<u8>, Vec<usize>) {
    let number = |value: u64, size: usize| {
        let bytes = value.to_le_bytes();
        let mut bytes = bytes[..size].to_vec();
        if big_endian {
            bytes.reverse();
        }
        bytes
    };
    let word = if wide { 8 } else { 4 };
    let mut bytes = if big_endian { b"MM".to_vec() } else { b"II".to_vec() };
    bytes.extend(number(if wide { 43 } else { 42 }, 2));
    if wide {
        bytes.extend(number(8, 4));
    }
    let mut link = bytes.len();
    bytes.extend(number(0, word));
    if let Some(page) = pages.first() {
        bytes.extend(&page.data);
    }
    let mut directories = Vec::new();
    for page in pages {
        let mut entries = Vec::new();
        for (code, kind, values) in &page.tags {
            let size = match kind {
                3 => 2,
                4 | 5 | 9 | 11 => 4,
                12 | 16 => 8,
                _ => 1,
            };
            let count = if *kind == 5 { values.len() / 2 } else { values.len() };
            let mut value: Vec<u8> = values.iter().flat_map(|&value| number(value, size)).collect();
            if value.len() > word {
                let at = bytes.len() as u64;
                bytes.extend(&value);
                value = number(at, word);
            }
            value.resize(word, 0);
            entries.push(
                [number(u64::from(*code), 2), number(u64::from(*kind), 2), number(count as u64, word), value].concat(),
            );
        }
        let at = bytes.len();
        bytes[link..link + word].copy_from_slice(&number(at as u64, word));
        directories.push(at);
        bytes.extend(number(entries.len() as u64, if wide { 8 } else { 2 }));
        bytes.extend(entries.concat());
        link = bytes.len();
        bytes.extend(number(0, word));
    }
    (bytes, directories)
}
