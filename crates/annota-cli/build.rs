//! Passes the commit, target, profile and compiler to the program. The script never fails: an unknown fact is `unknown`.

use std::env;
use std::path::Path;
use std::process::Command;

const UNKNOWN: &str = "unknown";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ANNOTA_COMMIT");
    set("COMMIT", given_commit().or_else(checked_out_commit));
    set("TARGET", variable("TARGET"));
    set("PROFILE", variable("PROFILE"));
    set("RUSTC", variable("RUSTC").and_then(|rustc| output(&rustc, &["--version"])));
}

/// Sets a variable for the compiler to the first line of a value.
fn set(fact: &str, value: Option<String>) {
    let value = value.unwrap_or_else(|| UNKNOWN.to_owned());
    println!("cargo::rustc-env=ANNOTA_BUILD_{fact}={}", value.lines().next().unwrap_or(UNKNOWN));
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// `ANNOTA_COMMIT`, for packagers who build without a git folder.
fn given_commit() -> Option<String> {
    variable("ANNOTA_COMMIT")
}

/// The commit of the workspace's own git folder and its date. A git folder further up belongs to another project.
fn checked_out_commit() -> Option<String> {
    if !Path::new("../../.git").exists() {
        return None;
    }
    watch_commits();
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let date = git(&["show", "--no-patch", "--format=%cs", "HEAD"])?;
    Some(format!("{commit} {date}"))
}

/// Makes cargo run this script again after a commit or a checkout. Cargo treats a missing file as changed, so only existing
/// files are listed. The log of HEAD changes with every commit, also if git has packed the branch.
fn watch_commits() {
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    let names = ["HEAD", "logs/HEAD", "packed-refs"].map(str::to_owned);
    let files = names.into_iter().chain(branch).filter_map(|name| git(&["rev-parse", "--git-path", &name]));
    for file in files.filter(|file| Path::new(file).exists()) {
        println!("cargo::rerun-if-changed={file}");
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    output("git", arguments)
}

/// The output of a program; `None` if the program cannot be started, fails or prints nothing.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let done = Command::new(program).args(arguments).output().ok().filter(|done| done.status.success())?;
    let text = String::from_utf8(done.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}
