//! Limits on what the README's two commands compile.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Packages of a dependency graph for this machine, one `name version` with `columns` of `cargo tree` a line.
fn tree(selection: &[&str], columns: &str) -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let done = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", columns])
        .args(selection)
        .current_dir(root)
        .output()
        .expect("cargo tree");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let lines = String::from_utf8(done.stdout).expect("UTF-8");
    lines.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

/// The dependency graph of `cargo run -p annota-cli`.
const COMMAND: [&str; 4] = ["--package", "annota-cli", "--edges", "normal,build"];
/// The dependency graph of `cargo test --workspace`.
const TESTS: [&str; 3] = ["--workspace", "--edges", "normal,build,dev"];

/// `cargo test --workspace` reuses a crate that the first command has built only if both ask for the same features. One
/// feature of one small crate is enough to build everything above it twice: `md-5` is below object_store, and so below
/// all of DataFusion. Dependencies of annota-cli that it does not use itself bring the features that tests ask for.
#[test]
fn both_readme_commands_build_every_dependency_with_the_same_features() {
    let (command, tests) = (tree(&COMMAND, "{p} features: {f}"), tree(&TESTS, "{p} features: {f}"));
    let only_in_command: Vec<&String> = command.difference(&tests).collect();
    assert!(
        only_in_command.is_empty(),
        "`cargo test --workspace` builds these with other features, so their dependents are built twice: \
         {only_in_command:#?}\nName the missing features in crates/annota-cli/Cargo.toml."
    );
}

/// A class of crates by what makes them slow to build, the prefixes of their names, and the most there may be of them.
struct Class {
    what: &'static str,
    prefixes: &'static [&'static str],
    most: usize,
}

const CLASSES: &[Class] = &[
    Class { what: "DataFusion and its SQL parser", prefixes: &["datafusion", "sqlparser"], most: 36 },
    Class { what: "Arrow and Parquet", prefixes: &["arrow", "parquet"], most: 16 },
    Class { what: "Ballista", prefixes: &["ballista"], most: 7 },
    Class { what: "gRPC and HTTP", prefixes: &["tonic", "prost", "hyper", "axum", "h2", "tower", "reqwest"], most: 20 },
    Class { what: "burn", prefixes: &["burn", "gemm", "macerator", "pulp"], most: 28 },
    Class { what: "GPU kernels and their compilers", prefixes: &["cubecl", "cubek", "pliron", "tracel"], most: 31 },
    Class { what: "graphics APIs", prefixes: &["wgpu", "naga", "ash", "glow", "khronos"], most: 11 },
    Class { what: "an embedded database", prefixes: &["turso", "rusqlite", "libsql", "sled", "redb"], most: 0 },
];

/// Crates in the graph of the first command, Annota's own included.
const MOST_CRATES: usize = 632;
/// Crates that compile C or assembly, each with a C compiler of its own for every target.
const MOST_C: usize = 7;
/// Procedural macros and what they stand on are built before everything that uses them.
const MOST_MACROS: usize = 51;

fn assert_at_most(what: &str, most: usize, found: &BTreeSet<&str>) {
    assert!(
        found.len() <= most,
        "{what}: {} crates, at most {most} are allowed; `cargo tree -p annota-cli` lists them. Measure with \
         `cargo build -p annota-cli --timings` before you raise the limit in {}.",
        found.len(),
        file!()
    );
}

#[test]
fn the_first_command_compiles_no_more_crates_than_its_budget() {
    let all = tree(&COMMAND, "{p}");
    let names = || all.iter().filter_map(|line| line.split(' ').next());
    let packages: BTreeSet<&str> = all.iter().map(String::as_str).collect();
    assert_at_most("all crates", MOST_CRATES, &packages);
    for class in CLASSES {
        let found = names().filter(|name| class.prefixes.iter().any(|prefix| name.starts_with(prefix))).collect();
        assert_at_most(class.what, class.most, &found);
    }
    let macros = packages.iter().copied().filter(|line| line.contains("(proc-macro)")).collect();
    assert_at_most("procedural macros", MOST_MACROS, &macros);
    let users = tree(&[&COMMAND[..], &["--invert", "cc", "--depth", "1"]].concat(), "{p}");
    let users = users.iter().map(String::as_str).filter(|line| !line.starts_with("cc ") && !line.starts_with('['));
    assert_at_most("crates that compile C", MOST_C, &users.collect());
}
