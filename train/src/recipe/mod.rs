//! The recipe of a fit: defaults, then the TOML file of `--config`, then flags.

mod document;
mod keys;
mod resolved;
mod settings;

use std::path::Path;

use anyhow::{Result, anyhow, ensure};
use glioscope::network::UNetConfig;

pub(crate) use document::{page, to_toml};
pub(crate) use resolved::Recipe;
pub(crate) use settings::{FIXED_FLAGS, Settings};

/// A model whose weights a fit starts from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start<'a> {
    /// Its network, which is the fit's.
    pub(crate) network: &'a UNetConfig,
    /// SHA-256 of its weights, lower-case hexadecimal.
    pub(crate) sha256: &'a str,
}

/// The recipe of a fit: the file overrides the defaults, and the flags override the file.
///
/// # Errors
/// When the file cannot be read or has an unknown key, a value is out of its range, or the recipe starts from other weights
/// or has another network than `start`. The message has the key, the value, what is allowed, and the file or flag.
pub(crate) fn resolve(config: Option<&Path>, flags: &Settings, start: Option<Start<'_>>) -> Result<Recipe> {
    let mut recipe = Recipe::default();
    if let Some(start) = start {
        recipe.network = start.network.clone();
        recipe.start = Some(start.sha256.to_owned());
    }
    if let Some(path) = config {
        Settings::read(path)?.apply(&mut recipe);
    }
    let of_file = recipe.validate();
    flags.apply(&mut recipe);
    recipe.validate().map_err(|invalid| match config {
        // The flags have not changed what is wrong.
        Some(path) if of_file.as_ref() == Err(&invalid) => anyhow!("{}: {invalid}", path.display()),
        _ => anyhow!(invalid.of_flag()),
    })?;
    if let (Some(path), Some(expected)) = (config, &recipe.start) {
        let found = start.map_or("no --start", |start| start.sha256);
        ensure!(
            expected.eq_ignore_ascii_case(found),
            "{}: start is {expected}, found {found}; --start must name the model with these weights",
            path.display()
        );
    }
    if let Some(start) = start {
        let (found, expected) = (&recipe.network, start.network);
        ensure!(found == expected, "the recipe has {found:?}, the model of --start has {expected:?}");
    }
    Ok(recipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use clap::Parser as _;

    use super::keys::KEYS;
    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        flags: Settings,
    }

    fn flags(line: &[&str]) -> Result<Settings> {
        Ok(Line::try_parse_from([&["fit"], line].concat())?.flags)
    }

    fn of_flags(line: &[&str]) -> Result<Recipe> {
        resolve(None, &flags(line)?, None)
    }

    /// Resolves a file with this text, below these flags.
    fn of_file(text: &str, line: &[&str]) -> Result<Recipe> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("recipe.toml");
        std::fs::write(&path, text)?;
        resolve(Some(&path), &flags(line)?, None)
    }

    fn message<T>(result: Result<T>) -> Result<String> {
        Ok(format!("{:#}", result.err().context("it was accepted")?))
    }

    #[test]
    fn flags_override_the_file_and_the_file_overrides_the_defaults() -> Result<()> {
        let text = "lr = 0.5\nema_decay = 0.9\n[augmentation]\npaste_share = 0.25\nnoise = 0.5\n";
        let recipe = of_file(text, &["--lr", "0.25", "--affine-share", "0.5"])?;
        let mut expected = Recipe { lr: 0.25, ema_decay: 0.9, ..Recipe::default() };
        expected.augmentation.paste_share = 0.25;
        expected.augmentation.noise = 0.5;
        expected.augmentation.affine_share = 0.5;
        assert_eq!(recipe, expected);
        assert_eq!(of_file("", &[])?, Recipe::default());
        Ok(())
    }

    #[test]
    fn a_resolved_recipe_read_as_a_file_is_the_same_recipe() -> Result<()> {
        let mut recipe =
            of_flags(&["--lr", "3e-4", "--widths", "8,16", "--stem", "4", "--no-augmentation", "--seed", "9"])?;
        recipe.augmentation.gamma = 0.1;
        assert_eq!(of_file(&to_toml(&recipe)?, &[])?, recipe);
        Ok(())
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_key_line_and_file() -> Result<()> {
        for (text, key, line) in [
            ("epochs = 1\nrate = 0.1\n", "`rate`", "line 2"),
            ("[augmentation]\n\nwarp = 1.0\n", "`warp`", "line 3"),
            ("[sampling]\n", "`sampling`", "line 1"),
            ("no_augmentation = true\n", "`no_augmentation`", "line 1"),
        ] {
            let message = message(of_file(text, &[]))?;
            assert!(message.contains("recipe.toml") && message.contains(line), "{message}");
            assert!(message.contains(&format!("unknown field {key}")), "{message}");
        }
        Ok(())
    }

    #[test]
    fn a_value_of_another_type_is_an_error_that_names_line_and_file() -> Result<()> {
        for (text, line) in [("lr = \"fast\"", "line 1"), ("seed = 1\nbatch = -1", "line 2"), ("lr = ", "line 1")] {
            let message = message(of_file(text, &[]))?;
            assert!(message.contains("recipe.toml") && message.contains(line), "{message}");
        }
        Ok(())
    }

    /// Flag, key and a value out of the key's range.
    const INVALID: [(&str, &str, &str); 27] = [
        ("epochs", "epochs", "0"),
        ("batch", "batch", "0"),
        ("lr", "lr", "0"),
        ("lr", "lr", "-0.001"),
        ("lr", "lr", "inf"),
        ("lr", "lr", "NaN"),
        ("weight-decay", "weight_decay", "-0.01"),
        ("weight-decay", "weight_decay", "NaN"),
        ("crop", "crop", "200"),
        ("crop", "crop", "0"),
        ("positive-share", "positive_share", "1.5"),
        ("single-slice-share", "single_slice_share", "-1"),
        ("bce-weight", "bce_weight", "-1"),
        ("bce-weight", "bce_weight", "inf"),
        ("ema-decay", "ema_decay", "1"),
        ("seed", "seed", "9223372036854775808"),
        ("stem", "network.stem", "3"),
        ("bias", "augmentation.bias", "-0.1"),
        ("blur", "augmentation.blur", "inf"),
        ("coarse", "augmentation.coarse", "NaN"),
        ("flair-only-share", "augmentation.flair_only_share", "1.5"),
        ("strip-share", "augmentation.strip_share", "-0.1"),
        ("strip-share", "augmentation.strip_share", "NaN"),
        ("paste-share", "augmentation.paste_share", "2"),
        ("paste-share", "augmentation.paste_share", "NaN"),
        ("affine-share", "augmentation.affine_share", "1.1"),
        ("affine-share", "augmentation.affine_share", "-0.5"),
    ];

    #[test]
    fn a_value_out_of_range_is_named_with_its_flag_and_the_range() -> Result<()> {
        for (flag, key, value) in INVALID {
            let message = message(of_flags(&[&format!("--{flag}={value}")]))?;
            let range = if key == "crop" { "a multiple of 32".to_owned() } else { keys::find(key).range.to_string() };
            assert_eq!(message, format!("--{flag} is {value}, expected {range}"));
        }
        for (widths, shown) in [("0", "[0]"), ("5000", "[5000]"), ("1,1,1,1,1,1,1,1,1", "[1, 1, 1, 1, 1, 1, 1, 1, 1]")]
        {
            let message = message(of_flags(&["--widths", widths]))?;
            assert_eq!(message, format!("--widths is {shown}, expected 1 to 8 whole numbers from 1 to 4096"));
        }
        let deep = message(of_flags(&["--widths", "1,1,1,1,1,1,1,1", "--stem", "4"]))?;
        assert!(deep.starts_with("--widths is 8 numbers, expected at most 7"), "{deep}");
        of_flags(&["--weight-decay", "0", "--ema-decay", "0", "--bce-weight", "0"])?;
        Ok(())
    }

    #[test]
    fn a_value_out_of_range_is_named_with_its_file_unless_a_flag_set_it() -> Result<()> {
        for (_, key, value) in INVALID {
            if key == "seed" {
                continue; // TOML itself cannot hold it.
            }
            let (table, short) = key.rsplit_once('.').unwrap_or(("", key));
            let table = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
            let value = value.to_lowercase();
            let message = message(of_file(&format!("{table}{short} = {value}"), &[]))?.to_lowercase();
            assert!(message.contains(&format!("recipe.toml: {key} is {value}, expected ")), "{message}");
        }
        let of_flag = message(of_file("lr = 0.5", &["--lr", "0"]))?;
        assert_eq!(of_flag, "--lr is 0, expected a number above 0");
        assert_eq!(of_file("lr = 0", &["--lr", "0.5"])?.lr, 0.5, "the flag overrides what is wrong in the file");
        for key in ["rotation = 181", "gain = 1.5", "noise = -1", "flair_share = 2", "elastic = nan"] {
            let name = key.split(' ').next().unwrap_or_default();
            let message = message(of_file(&format!("[augmentation]\n{key}"), &[]))?;
            assert!(message.contains(&format!("augmentation.{name} is ")), "{message}");
        }
        Ok(())
    }

    #[test]
    fn a_recipe_that_starts_from_weights_needs_their_model() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("recipe.toml");
        let (sha256, other) = ("ab".repeat(32), "cd".repeat(32));
        std::fs::write(&path, format!("start = \"{sha256}\""))?;
        let network = UNetConfig { widths: vec![8, 16], stem: 1 };
        let resolve = |sha256: Option<&str>, line: &[&str]| {
            resolve(Some(&path), &flags(line)?, sha256.map(|sha256| Start { network: &network, sha256 }))
        };
        let recipe = resolve(Some(&sha256), &[])?;
        assert_eq!((recipe.network, recipe.start), (network.clone(), Some(sha256.clone())));
        for (found, expected) in [(None, "no --start"), (Some(&*other), &*other)] {
            let message = message(resolve(found, &[]))?;
            assert!(message.contains("recipe.toml: start is") && message.contains(expected), "{message}");
        }
        assert!(message(resolve(Some(&sha256), &["--stem", "2"]))?.contains("stem: 2"));
        std::fs::write(&path, "start = \"abc\"")?;
        assert!(message(resolve(Some(&sha256), &[]))?.contains("start is abc, expected 64 hexadecimal digits"));
        Ok(())
    }

    #[test]
    fn a_recipe_of_a_former_version_is_read_with_its_old_names() -> Result<()> {
        // From the model.json that was shipped first: its recipe has no `warp`, and the shares' old names.
        let old: Recipe = serde_json::from_str(include_str!("../../tests/fixtures/recipe-old-names.json"))?;
        let mut expected = Recipe {
            epochs: 8,
            lr: 5e-4,
            seed: 2,
            start: Some("9f31d4f90416c7953ac424870f4130c28854047014f3b381286e0a3d0120c418".to_owned()),
            ..Recipe::default()
        };
        expected.augmentation.paste_share = 0.0;
        assert_eq!(old, expected);
        // Before the cross-entropy had a weight, it was 1.
        let mut older = serde_json::to_value(&old)?;
        older.as_object_mut().context("an object")?.remove("bce_weight");
        assert_eq!(serde_json::from_value::<Recipe>(older)?, expected);
        Ok(())
    }

    #[test]
    fn the_shipped_recipes_are_those_of_the_shipped_network() -> Result<()> {
        let recipe = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes").join(name);
            let sha256 = "9f31d4f90416c7953ac424870f4130c28854047014f3b381286e0a3d0120c418";
            resolve(Some(&path), &Settings::default(), Some(Start { network: &UNetConfig::default(), sha256 }))
        };
        let old: Recipe = serde_json::from_str(include_str!("../../tests/fixtures/recipe-old-names.json"))?;
        assert_eq!(recipe("shipped-2-bare.toml")?, old);
        let mut again = Recipe { epochs: 12, lr: 1e-3, seed: 3, ..old.clone() };
        again.augmentation.paste_share = 0.5;
        assert_eq!(recipe("shipped-3-again.toml")?, again);
        let mut pasted = Recipe { seed: 13, ..again.clone() };
        pasted.augmentation.strip_share = 0.4;
        pasted.augmentation.flair_only_share = 0.25;
        assert_eq!(recipe("shipped-5-stripped-pasted.toml")?, pasted);
        let mut stripped = Recipe { epochs: 16, seed: 11, single_slice_share: 0.35, ..pasted };
        stripped.augmentation.paste_share = 0.25;
        assert_eq!(recipe("shipped-4-stripped.toml")?, stripped);
        assert_eq!(recipe("shipped-1-pasted.toml")?, Recipe { start: old.start, ..Recipe::default() });
        Ok(())
    }

    #[test]
    fn the_first_shipped_recipe_documents_every_key() {
        let text = include_str!("../../recipes/shipped-1-pasted.toml");
        for key in KEYS {
            let short = key.name.rsplit('.').next().unwrap_or_default();
            assert!(
                text.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{short} = "))),
                "{short}"
            );
        }
    }

    #[test]
    fn the_help_page_has_every_key_with_its_default() {
        let page = page();
        for key in KEYS {
            let short = key.name.rsplit('.').next().unwrap_or_default();
            assert!(page.contains(&format!("\n  {short}")) && page.contains(key.help), "{short} in {page}");
        }
        assert!(page.contains("\n  lr = 0.002\n") && page.contains("\n  widths = [16, 32, 64, 128, 256]\n"), "{page}");
    }
}
