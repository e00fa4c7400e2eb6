//! `--help`, and arguments that are not valid.

use anyhow::Result;

use crate::world::World;

#[test]
fn help_has_examples() -> Result<()> {
    let world = World::new()?;
    let help = world.train("--help")?.succeeded().stdout;
    for word in [
        "fit",
        "average",
        "evaluate",
        "inspect",
        "segment",
        "merge",
        "phantom",
        "export",
        "import",
        "Examples",
        "$ train evaluate",
        "Research use only",
    ] {
        assert!(help.contains(word), "`{word}` in: {help}");
    }
    for command in ["fit", "average", "evaluate", "inspect", "segment", "merge", "phantom", "export", "import"] {
        let help = world.train(&format!("{command} --help"))?.succeeded().stdout;
        assert!(help.contains(&format!("\n  $ train {command} ")), "an example of {command} in: {help}");
    }
    Ok(())
}

#[test]
fn the_help_of_fit_has_defaults_ranges_and_the_keys_of_recipe_files() -> Result<()> {
    let world = World::new()?;
    let help = world.train("fit --help")?.succeeded().stdout;
    // Where lines are wrapped depends on the terminal.
    let joined = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["--lr <LR>", "(a number above 0) [default: 0.002]", "[default: 16,32,64,128,256]", "Recipe files:"] {
        assert!(joined.contains(text), "`{text}` in: {help}");
    }
    for line in ["  lr = 0.002", "  [augmentation]", "  rotation = 15.0", "  [network]", "  stem = 2", "  start"] {
        assert!(help.lines().any(|found| found == line), "`{line}` in: {help}");
    }
    let short = world.train("fit -h")?.succeeded().stdout;
    assert!(!short.contains("Recipe files:") && short.contains("$ train fit"), "{short}");
    Ok(())
}

#[test]
fn invalid_arguments_exit_with_2() -> Result<()> {
    let world = World::new()?;
    let widths = "fit --data data --out out --start model --widths 3,4";
    for arguments in [
        "",
        "outline",
        widths,
        "average --out out model",
        "evaluate",
        "segment --out masks",
        "segment data --out masks --shard 3/2",
        "merge --out table.csv",
        "inspect P --contrast 0000=ct",
        "inspect P --contrast flair",
        "phantom --out p --patients 0",
        "fit --data data --out out --lr fast",
        "fit --data data --out out --rate 0.1",
        "fit --data data --out out --no-augmentation --paste-share 0.5",
        "fit --data data --out out --resume --lr 0.1",
        "fit --data data --out out --resume --config recipe.toml",
    ] {
        let run = world.train(arguments)?;
        assert_eq!(run.code, Some(2), "{arguments}: {run:?}");
    }
    Ok(())
}
