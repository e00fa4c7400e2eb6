//! Recipes as text: `recipe.toml`, the flags' help, and the page about recipe files in `train fit --help`.

use anyhow::{Context as _, Result};

use super::keys::{self, KEYS};
use super::resolved::Recipe;

/// `recipe.toml`: every key with its value, below a comment that says what it is.
///
/// # Errors
///
/// When a value has no form in TOML. [`Recipe::validate`] refuses such values.
pub(crate) fn to_toml(recipe: &Recipe) -> Result<String> {
    let mut text = "# The recipe of this fit: `train fit --config` with this file repeats it.\n\n".to_owned();
    let mut table = String::new();
    for (name, value) in entries(recipe)? {
        let (own_table, short) = name.rsplit_once('.').unwrap_or(("", &name));
        if own_table != table {
            text += &format!("\n[{own_table}]\n");
            own_table.clone_into(&mut table);
        }
        let key = keys::find(&name);
        text += &format!("# {} ({}).\n{short} = {value}\n", key.help, key.range);
    }
    Ok(text)
}

/// The help of the flag that sets the key `name`.
pub(crate) fn flag_help(name: &str) -> String {
    let key = keys::find(name);
    let default = default(name).unwrap_or_else(|| "none".to_owned());
    let default = default.trim_matches(['[', ']']).replace(", ", ",");
    format!("{} ({}) [default: {default}]", key.help, key.range)
}

/// The page about recipe files.
pub(crate) fn page() -> String {
    let mut text = "\
Recipe files:
  --config reads a recipe in TOML. Every key is optional: a flag overrides the
  file, and the file overrides the default. An unknown key is an error. The
  resolved recipe is written to OUT/recipe.toml. Examples are in train/recipes/.
  These are the keys with their defaults:
"
    .to_owned();
    let mut table = "";
    for key in &KEYS {
        let (own_table, short) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if own_table != table {
            text += &format!("\n\n  [{own_table}]");
            table = own_table;
        }
        let default = default(key.name).map_or_else(String::new, |default| format!(" = {default}"));
        text += &format!("\n  {short}{default}\n      {} ({})", key.help, key.range);
    }
    text
}

/// The default of a key as TOML.
fn default(name: &str) -> Option<String> {
    let entries = entries(&Recipe::default()).expect("the default recipe has a form in TOML");
    entries.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// Keys with their tables, and values as TOML, in the order of the fields.
fn entries(recipe: &Recipe) -> Result<Vec<(String, String)>> {
    let text = toml::to_string(recipe).context("the recipe has no form in TOML")?;
    let mut entries = Vec::new();
    let mut table = String::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            table = format!("{name}.");
        } else if let Some((key, value)) = line.split_once(" = ") {
            entries.push((format!("{table}{key}"), value.to_owned()));
        }
    }
    Ok(entries)
}
