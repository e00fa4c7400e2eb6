//! The weights that the page ships.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]

use glioscope::error::{Error, ModelFault};
use glioscope::network::segmenter::{Backend, Segmenter};

const MANIFEST: &[u8] = include_bytes!("../www/model/model.json");
const WEIGHTS: &[u8] = include_bytes!("../www/model/weights.safetensors");

#[test]
fn they_load_and_give_the_known_answer() {
    let segmenter = Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the shipped model loads");
    let error = pollster::block_on(segmenter.known_answer_error()).expect("the CPU computes");
    assert!(error <= 1e-4, "largest difference in probability {error}");
}

#[test]
fn they_are_small_enough_to_fetch() {
    assert!(WEIGHTS.len() <= 4 << 20, "{} bytes", WEIGHTS.len());
    let segmenter = Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the shipped model loads");
    assert!(segmenter.manifest().weights.parameters <= 2_000_000);
}

#[test]
fn a_changed_or_cut_file_is_refused() {
    let mut changed = WEIGHTS.to_vec();
    changed[WEIGHTS.len() / 2] ^= 1;
    for bytes in [&changed[..], &WEIGHTS[..WEIGHTS.len() - 1], &[]] {
        let refused = Segmenter::load(MANIFEST, bytes, Backend::Cpu);
        assert!(matches!(refused, Err(Error::Model(ModelFault::Hash { .. }))), "{:?}", refused.err());
    }
    let refused = Segmenter::load(&MANIFEST[..MANIFEST.len() - 20], WEIGHTS, Backend::Cpu);
    assert!(matches!(refused, Err(Error::Model(ModelFault::Manifest(_)))), "{:?}", refused.err());
}

/// A mask does not depend on how the slices are stored.
#[cfg(feature = "formats")]
mod kinds {
    use std::io::Cursor;

    use glioscope::mask::{Mask, metrics};
    use glioscope::network::preprocess::CaseStatistics;
    use glioscope::phantom;
    use glioscope::read::{Channels, Limits, Slice, read};
    use image::{ExtendedColorType, ImageEncoder as _, ImageFormat, codecs::jpeg::JpegEncoder};
    use tiff::encoder::colortype::{ColorType, RGB8, RGB16, RGB32, RGB32Float, RGB64Float};
    use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, TiffValue};

    use super::*;

    const SIDE: u32 = 256;

    /// A slice of the phantom with a lesion, and its neighbours: red, green and blue of each pixel.
    fn stored() -> Vec<Vec<u8>> {
        let slices = &phantom::sample().slices[11..13];
        slices.iter().map(|entry| entry.slice.samples().iter().map(|sample| sample as u8).collect()).collect()
    }

    fn tiff<C: ColorType>(samples: &[C::Inner], compression: Compression, predictor: Predictor) -> Vec<u8>
    where
        [C::Inner]: TiffValue,
    {
        let mut bytes = Cursor::new(Vec::new());
        let encoder = TiffEncoder::new(&mut bytes).expect("memory").with_compression(compression);
        encoder.with_predictor(predictor).write_image::<C>(SIDE, SIDE, samples).expect("a valid image");
        bytes.into_inner()
    }

    fn big_tiff(samples: &[u8]) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        TiffEncoder::new_big(&mut bytes).expect("memory").write_image::<RGB8>(SIDE, SIDE, samples).expect("valid");
        bytes.into_inner()
    }

    fn encoded(samples: &[u8], colour: ExtendedColorType, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::write_buffer_with_format(&mut bytes, samples, SIDE, SIDE, colour, format).expect("a valid image");
        bytes.into_inner()
    }

    fn segmenter() -> Segmenter {
        Segmenter::load(MANIFEST, WEIGHTS, Backend::Cpu).expect("the shipped model loads")
    }

    /// The slices of a case whose files are these.
    fn slices(files: &[Vec<u8>]) -> Vec<Slice> {
        let read = |(index, bytes): (usize, &Vec<u8>)| read(&format!("p/{index}"), bytes, &Limits::default());
        let slices = files.iter().enumerate().flat_map(|file| read(file).expect("a valid file")).collect();
        let assembly = glioscope::layout::assemble(slices);
        let [case] = &assembly.cases[..] else { panic!("one case") };
        case.slices.iter().map(|entry| entry.slice.clone()).collect()
    }

    fn inputs(segmenter: &Segmenter, slices: &[Slice]) -> Vec<Vec<f32>> {
        let statistics = CaseStatistics::of(slices);
        slices.iter().map(|slice| segmenter.input(slice, &statistics)).collect()
    }

    fn mask(segmenter: &Segmenter, slices: &[Slice]) -> Mask {
        let statistics = CaseStatistics::of(slices);
        let probability = segmenter.probability(&slices[0], &statistics);
        let probability = pollster::block_on(probability).expect("the CPU computes");
        Mask::from_probability(&probability, segmenter.manifest().threshold)
    }

    const PLAIN: (Compression, Predictor) = (Compression::Uncompressed, Predictor::None);

    fn tiff_compressions() -> [(&'static str, Compression, Predictor); 6] {
        let deflate = Compression::Deflate(DeflateLevel::Fast);
        [
            ("uncompressed", PLAIN.0, PLAIN.1),
            ("PackBits", Compression::Packbits, Predictor::None),
            ("LZW", Compression::Lzw, Predictor::None),
            ("LZW, differences", Compression::Lzw, Predictor::Horizontal),
            ("Deflate", deflate, Predictor::None),
            ("Deflate, differences", deflate, Predictor::Horizontal),
        ]
    }

    #[test]
    fn lossless_kinds_of_8_and_16_bits_give_the_same_input_and_the_same_mask() {
        let (segmenter, stored) = (segmenter(), stored());
        let wide: Vec<Vec<u16>> = stored.iter().map(|slice| slice.iter().map(|&s| u16::from(s)).collect()).collect();
        let bytes = |slice: &Vec<u16>| slice.iter().flat_map(|sample| sample.to_ne_bytes()).collect::<Vec<u8>>();
        let mut kinds: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
        for (name, compression, predictor) in tiff_compressions() {
            let narrow = stored.iter().map(|slice| tiff::<RGB8>(slice, compression, predictor));
            kinds.push((format!("8 bits, {name}"), narrow.collect()));
            let wide = wide.iter().map(|slice| tiff::<RGB16>(slice, compression, predictor));
            kinds.push((format!("16 bits, {name}"), wide.collect()));
        }
        kinds.push(("BigTIFF".to_owned(), stored.iter().map(|slice| big_tiff(slice)).collect()));
        for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP] {
            let files = stored.iter().map(|slice| encoded(slice, ExtendedColorType::Rgb8, format));
            kinds.push((format!("{format:?}"), files.collect()));
        }
        let files = wide.iter().map(|slice| encoded(&bytes(slice), ExtendedColorType::Rgb16, ImageFormat::Png));
        kinds.push(("PNG with 16 bits".to_owned(), files.collect()));
        let widest = stored.iter().map(|slice| slice.iter().map(|&s| u32::from(s)).collect::<Vec<_>>());
        kinds.push((
            "whole numbers of 32 bits".to_owned(),
            widest.map(|s| tiff::<RGB32>(&s, PLAIN.0, PLAIN.1)).collect(),
        ));

        let (_, first) = &kinds[0];
        let expected = slices(first);
        assert_eq!(expected[0].channels(), Channels::Rgb);
        let (input, expected) = (inputs(&segmenter, &expected), mask(&segmenter, &expected));
        assert!(expected.area() > 100, "{} pixels", expected.area());
        for (kind, files) in &kinds {
            let slices = slices(files);
            assert!(inputs(&segmenter, &slices) == input, "{kind}: another input");
            // Equal inputs give equal masks. The network runs once for 8 bits and once for 16.
            if kind == "16 bits, LZW, differences" || kind == "Png" {
                assert!(mask(&segmenter, &slices) == expected, "{kind}: another mask");
            }
        }
    }

    #[test]
    fn other_kinds_give_nearly_the_same_mask() {
        let (segmenter, stored) = (segmenter(), stored());
        let expected = mask(
            &segmenter,
            &slices(&stored.iter().map(|s| encoded(s, ExtendedColorType::Rgb8, ImageFormat::Png)).collect::<Vec<_>>()),
        );
        let float: Vec<Vec<f32>> = stored.iter().map(|s| s.iter().map(|&s| f32::from(s) / 255.0).collect()).collect();
        let double = stored.iter().map(|s| s.iter().map(|&s| f64::from(s) - 1000.0).collect::<Vec<f64>>());
        let wide = stored.iter().map(|s| s.iter().map(|&s| u32::from(s) * 70_001).collect::<Vec<u32>>());
        let full = stored.iter().map(|s| s.iter().map(|&s| u16::from(s) * 257).collect::<Vec<u16>>());
        let jpeg = |samples: &Vec<u8>| {
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, 97);
            encoder.write_image(samples, SIDE, SIDE, ExtendedColorType::Rgb8).expect("a valid image");
            bytes
        };
        let kinds: [(&str, Vec<Vec<u8>>); 5] = [
            ("single precision", float.iter().map(|s| tiff::<RGB32Float>(s, PLAIN.0, PLAIN.1)).collect()),
            ("double precision below 0", double.map(|s| tiff::<RGB64Float>(&s, PLAIN.0, PLAIN.1)).collect()),
            ("32 bits", wide.map(|s| tiff::<RGB32>(&s, PLAIN.0, PLAIN.1)).collect()),
            ("the range of 16 bits", full.map(|s| tiff::<RGB16>(&s, PLAIN.0, PLAIN.1)).collect()),
            ("JPEG", stored.iter().map(jpeg).collect()),
        ];
        for (kind, files) in kinds {
            let found = mask(&segmenter, &slices(&files));
            let dice = metrics::Confusion::new(&found, &expected).dice();
            assert!(dice >= 0.99, "{kind}: Dice {dice}");
        }
    }
}
