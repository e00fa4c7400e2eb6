//! Properties that hold for all inputs, tested on random ones. The readers of files are also fuzzed (`fuzz/`).
#![cfg(not(target_arch = "wasm32"))]

use glioscope::mask::{Mask, components};
use glioscope::network::preprocess::Grid;
use glioscope::read::{Channels, Samples, Slice};
use glioscope::write::{Row, csv};
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]

    /// Resampling to the grid and back stays within the range of the samples.
    #[test]
    fn resampling_stays_within_the_samples(width in 1_usize..300, height in 1_usize..300, seed: u64, flat: bool) {
        let value = |i: usize| if flat { 1234 } else { (seed.wrapping_mul(i as u64 + 1) >> 48) as u16 };
        let samples: Vec<u16> = (0..width * height).map(value).collect();
        let (least, most) = (samples.iter().min().copied(), samples.iter().max().copied());
        let slice = Slice::new("any", width, height, Channels::Grey, Samples::U16(samples)).expect("valid");
        let grid = Grid::new(32, width, height);
        let planes = grid.place(&slice);
        prop_assert_eq!(planes.len(), 3 * 32 * 32);
        let (least, most) = (f32::from(least.unwrap_or(0)), f32::from(most.unwrap_or(0)));
        for &value in &planes {
            prop_assert!(value == 0.0 || (least - 0.5..=most + 0.5).contains(&value), "{value} of {least} to {most}");
        }
        let probability: Vec<f32> = planes[..32 * 32].iter().map(|value| value / 65_535.0).collect();
        let back = grid.restore(&probability);
        prop_assert_eq!(back.len(), width * height);
        for value in back {
            prop_assert!((least - 0.5..=most + 0.5).contains(&(value * 65_535.0)), "{value}");
        }
    }

    /// Compared with a simple flood fill.
    #[test]
    fn components_match_a_flood_fill(width in 1_usize..12, height in 1_usize..12, depth in 1_usize..4, bits: [u64; 8]) {
        let at = |i: usize| bits[i / 64 % 8] >> (i % 64) & 1 == 1;
        let plane = width * height;
        let stack: Vec<Mask> =
            (0..depth).map(|z| Mask::new(width, height, (0..plane).map(|i| at(z * plane + i)).collect())).collect();
        let mut sizes = flood(&stack);
        let mut found = components(&stack).sizes().to_vec();
        sizes.sort_unstable();
        found.sort_unstable();
        prop_assert_eq!(found, sizes);
    }

    /// Read by the rules of RFC 4180, the table has the names that were written.
    #[test]
    fn a_table_is_read_as_written(names in prop::collection::vec(("[\\PC\"\n\r,; ]{0,12}", "\\PC{0,12}"), 0..5)) {
        let mask = Mask::empty(3, 2);
        let rows: Vec<Row> = names.iter().map(|(case, slice)| Row::new(case, slice, &mask, Some(&mask))).collect();
        let table = records(&csv(&rows));
        prop_assert_eq!(table.len(), names.len() + 1);
        let columns = table[0].len();
        for (record, (case, slice)) in table[1..].iter().zip(&names) {
            prop_assert_eq!(record.len(), columns);
            // Formulas are marked as text.
            let [case, slice] = [case, slice].map(|name| {
                let marked = if name.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
                format!("{marked}{name}")
            });
            prop_assert_eq!((&record[0], &record[1]), (&case, &slice));
        }
    }
}

/// The sizes of the regions, with 26 neighbours.
fn flood(stack: &[Mask]) -> Vec<usize> {
    let [width, height, depth] = [stack[0].width() as i64, stack[0].height() as i64, stack.len() as i64];
    let inside = |[x, y, z]: [i64; 3]| {
        x >= 0 && y >= 0 && (0..depth).contains(&z) && stack[z as usize].contains(x as usize, y as usize)
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut sizes = Vec::new();
    for start in (0..width * height * depth).map(|i| [i % width, i / width % height, i / (width * height)]) {
        if !inside(start) || !seen.insert(start) {
            continue;
        }
        let (mut waiting, mut size) = (vec![start], 0);
        while let Some([x, y, z]) = waiting.pop() {
            size += 1;
            for step in 0..27 {
                let next = [x + step % 3 - 1, y + step / 3 % 3 - 1, z + step / 9 - 1];
                if inside(next) && seen.insert(next) {
                    waiting.push(next);
                }
            }
        }
        sizes.push(size);
    }
    sizes
}

/// A reader of RFC 4180.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            other => field.push(other),
        }
    }
    records
}

/// The server of the page controls both `model.json` and the weights. Altered weights with a matching hash must not panic.
#[cfg(feature = "burn")]
#[test]
fn altered_weights_with_a_matching_hash_load_or_are_refused() {
    use glioscope::network::UNetConfig;
    use glioscope::network::manifest::{Manifest, WeightsFile};

    let network = UNetConfig { widths: vec![2, 3], stem: 1 };
    let unet = network.init(&burn::tensor::Device::flex());
    let bytes = unet.fold().to_safetensors();
    let manifest = |bytes: &[u8]| Manifest::new(network.clone(), 32, 0.5, WeightsFile::of(bytes, unet.parameters()));
    assert!(manifest(&bytes).load(&bytes).is_ok());
    let mut runner = proptest::test_runner::TestRunner::new(config(2000));
    let change = (any::<prop::sample::Index>(), any::<u8>(), any::<bool>(), any::<bool>());
    let outcome = runner.run(&prop::collection::vec(change, 1..4), |changes| {
        let mut altered = bytes.clone();
        for (at, value, cut, front) in changes {
            // The header is at the front; numbers follow.
            let at = at.index(if front { altered.len().clamp(1, 400) } else { altered.len().max(1) });
            if cut {
                altered.truncate(at);
            } else if let Some(byte) = altered.get_mut(at) {
                *byte = value;
            }
        }
        let _ = manifest(&altered).load(&altered);
        Ok(())
    });
    outcome.expect("malformed weights are refused");
}
