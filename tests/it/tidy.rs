//! The house rules that a compiler does not hold.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every file below a folder with one of these endings, build folders left out.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a text")
}

/// The files of all crates but those of tests.
fn sources() -> Vec<PathBuf> {
    let mut sources = files(&root().join("crates"), &[".rs"]);
    sources.retain(|path| path.components().any(|part| part.as_os_str() == "src") && !path.ends_with("tests.rs"));
    sources
}

/// The lines of a file, with their numbers, without comments and without its tests.
fn code(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with("//"));
    lines.map(|(line, number)| (number, line.to_owned())).collect()
}

/// The crates that a crate names outside its dev-dependencies.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = read(&root().join("crates").join(name).join("Cargo.toml"));
    let manifest: toml::Table = toml::from_str(&manifest).expect("a manifest");
    let table = manifest.get("dependencies").and_then(|table| table.as_table()).cloned().unwrap_or_default();
    table.keys().cloned().collect()
}

#[test]
fn crates_do_not_know_what_they_should_not() {
    let heavy = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let cases = [
        ("annota-text", heavy(&["arrow", "datafusion", "burn", "cubecl", "ballista", "tokio"])),
        ("annota-models", heavy(&["arrow", "datafusion", "ballista", "tokio"])),
        ("annota-annotators", heavy(&["datafusion", "burn", "cubecl", "ballista", "tokio", "annota-models"])),
        ("annota-functions", heavy(&["burn", "cubecl", "ballista", "annota-models"])),
        ("annota", heavy(&["burn", "cubecl", "ballista"])),
        ("annota-cluster", heavy(&["burn", "cubecl"])),
        ("annota-cli", heavy(&["burn", "cubecl", "ballista"])),
    ];
    for (name, forbidden) in cases {
        for dependency in dependencies(name) {
            let family =
                |forbidden: &String| dependency == *forbidden || dependency.starts_with(&format!("{forbidden}-"));
            assert!(!forbidden.iter().any(family), "{name} names {dependency}");
        }
    }
    assert!(!dependencies("annota-functions").contains(&"datafusion".to_owned()), "it lives on -expr and -common");
}

#[test]
fn files_are_small_and_have_a_home() {
    for path in files(&root(), &[".rs"]) {
        let lines = read(&path).lines().count();
        assert!(lines <= 600, "{}: {lines} lines", path.display());
        let stem = path.file_stem().expect("a stem").to_string_lossy().into_owned();
        assert!(!["core", "common", "utils", "helpers"].contains(&stem.as_str()), "{} lacks a name", path.display());
    }
}

#[test]
fn libraries_do_not_panic() {
    for path in sources() {
        for (number, line) in code(&read(&path)) {
            for word in [".unwrap()", ".expect(\"", "panic!(", "todo!(", "unimplemented!(", "unreachable!("] {
                // Kernels hold their callers to contracts, which stand under `# Panics`: a wrong size would be a wrong
                // vector, or worse.
                if path.starts_with(root().join("crates/annota-kernels"))
                    && ["panic!(", "unreachable!("].contains(&word)
                {
                    continue;
                }
                assert!(!line.contains(word), "{}:{number}: {word}", path.display());
            }
        }
    }
}

/// What they have to say they log or return; only the command has a terminal.
#[test]
fn libraries_do_not_print() {
    let command = root().join("crates/annota-cli");
    for path in sources().iter().filter(|path| !path.starts_with(&command)) {
        for (number, line) in code(&read(path)) {
            for word in ["println!(", "eprint!(", " print!(", "dbg!("] {
                assert!(!line.contains(word), "{}:{number}: {word}", path.display());
            }
        }
    }
}

#[test]
fn nothing_is_ignored_or_left_for_later() {
    for path in files(&root(), &[".rs", ".md", ".toml", ".py"]) {
        if path.ends_with("it/tidy.rs") {
            continue;
        }
        let text = read(&path);
        for word in ["#[ignore", "TODO", "FIXME", "XXX"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn the_default_model_is_the_bundled_one() {
    assert_eq!(annota::functions::DEFAULT_MODEL, annota::models::store::BUNDLED);
}

#[test]
fn every_example_is_the_first_code_of_a_readme_section() {
    let readme = read(&root().join("README.md"));
    let examples = files(&root().join("examples"), &[".rs"]);
    let examples: Vec<_> = examples.into_iter().filter(|path| !path.ends_with("tests/run.rs")).collect();
    assert!(examples.len() >= 5);
    for path in examples {
        let code = read(&path);
        assert!(code.lines().count() <= 80, "{}", path.display());
        let shown = code.trim_end();
        let place = readme.find(shown).unwrap_or_else(|| panic!("{} is not in the README", path.display()));
        let section = readme[..place].rfind("\n## ").map_or("", |start| &readme[start..place]);
        assert_eq!(section.matches("```").count(), 1, "{} is not the first code of its section", path.display());
    }
}
