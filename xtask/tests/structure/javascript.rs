//! The imports of JavaScript modules.
//!
//! `oxc_parser` was considered; it compiles for a minute, and the page's modules write each import in one way.

use crate::graph::Graph;

/// Adds the imports of a module. `path` is its path from the root, with `/` between its parts.
pub(crate) fn add(graph: &mut Graph, path: &str, source: &str) {
    for specifier in specifiers(source) {
        if specifier.starts_with('.') {
            graph.add(path, &resolved(path, &specifier));
        }
    }
}

/// What a module imports: `import … from '…'`, `export … from '…'`, `import '…'` and `import('…')`. Types that comments
/// import are left aside.
fn specifiers(source: &str) -> Vec<String> {
    let code = without_comments(source);
    let mut found = Vec::new();
    for (keyword, before) in [("from", &[' ', '}', '\n'][..]), ("import", &[' ', '\n', '(', ';', '=', '\0'][..])] {
        for (at, _) in code.match_indices(keyword) {
            let previous = code[..at].chars().next_back().unwrap_or('\0');
            let rest = code[at + keyword.len()..].trim_start_matches([' ', '(']);
            let quoted = rest.strip_prefix('\'').or_else(|| rest.strip_prefix('"'));
            if let Some((specifier, _)) =
                quoted.filter(|_| before.contains(&previous)).and_then(|q| q.split_once(['\'', '"']))
            {
                found.push(specifier.to_owned());
            }
        }
    }
    found
}

fn without_comments(source: &str) -> String {
    let mut pieces = source.split("/**");
    let mut code = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        code += piece.split_once("*/").map_or("", |(_, rest)| rest);
    }
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// `specifier` as a path from the root, seen from the module `path`.
fn resolved(path: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_import_is_read_and_comments_are_not() {
        let source = "\
/** @import { Slice } from './types.js' */
import { a } from './a.js';
import {
  b,
} from '../core/b.js';
import './c.js';
export { d } from \"./d.js\";
// import './commented.js';
const e = /** @type {import('./typed.js').E} */ (await import('./e.js'));
const text = 'away from home';
";
        let mut found = specifiers(source);
        found.sort();
        assert_eq!(found, ["../core/b.js", "./a.js", "./c.js", "./d.js", "./e.js"]);
    }

    #[test]
    fn a_cycle_of_modules_is_found() {
        let mut graph = Graph::default();
        add(&mut graph, "www/core/store.js", "import { slice } from '../viewer/slice.js';");
        add(&mut graph, "www/viewer/slice.js", "import 'library';\nimport { x } from './camera.js';");
        add(&mut graph, "www/viewer/camera.js", "");
        assert!(graph.cycles().is_empty());
        add(&mut graph, "www/viewer/camera.js", "export { store } from '../core/store.js';");
        assert_eq!(graph.cycles().len(), 1);
        assert_eq!(graph.cycles()[0].len(), 3);
    }
}
