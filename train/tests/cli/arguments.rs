//! `--help` and what is no command at all.

use anyhow::Result;

use crate::world::World;

#[test]
fn help_teaches_with_examples() -> Result<()> {
    let world = World::new()?;
    let help = world.train("--help")?.succeeded().stdout;
    for word in
        ["fit", "average", "evaluate", "segment", "phantom", "Examples", "train evaluate --data", "Research use only"]
    {
        assert!(help.contains(word), "`{word}` in: {help}");
    }
    for command in ["fit", "average", "evaluate", "segment", "phantom"] {
        let help = world.train(&format!("{command} --help"))?.succeeded().stdout;
        assert!(help.contains(&format!("  train {command} ")), "an example of {command} in: {help}");
    }
    Ok(())
}

#[test]
fn senseless_arguments_exit_with_2() -> Result<()> {
    let world = World::new()?;
    let widths = "fit --data data --out out --start model --widths 3,4";
    for arguments in [
        "",
        "outline",
        widths,
        "average --out out model",
        "evaluate",
        "segment --out masks",
        "phantom --out p --patients 0",
    ] {
        let run = world.train(arguments)?;
        assert_eq!(run.code, Some(2), "{arguments}: {run:?}");
    }
    Ok(())
}
