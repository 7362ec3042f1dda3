//! From a path to the files that it names: a file, a folder with its sub-folders, a glob, or objects of a store.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use datafusion::catalog::Session as DataFusionSession;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::object_store::path::Path as Location;
use datafusion::object_store::{self, ObjectMeta, ObjectStore, ObjectStoreExt};
use futures::TryStreamExt;
use url::Url;

use super::format::{self, Format};
use super::text::unreadable_path;
use super::{InputFile, Kind, ReadOptions};
use crate::{Error, Result};

/// The files of an input and what was found beside them.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub files: Vec<InputFile>,
    /// Names of folders' columns, as `year` of `year=2026`, in the order of the folders.
    pub partition_columns: Vec<String>,
    /// Files of folders that are not read: their names begin with `.` or `_`, or do not end as a known format.
    pub left_out: Vec<String>,
}

/// An object and its path below the folder that was named, `None` where the object itself was.
struct Object {
    meta: ObjectMeta,
    below: Option<String>,
}

/// The files that `path` names, sorted by their paths.
///
/// # Errors
/// No such file; a folder without files of a known format, or with several formats.
pub async fn found(state: &dyn DataFusionSession, path: &str, options: &ReadOptions) -> Result<Found> {
    let (url, objects) = match remote(path) {
        Some(url) => {
            let store_url = ObjectStoreUrl::parse(&url[..url::Position::BeforePath])?;
            let store = state.runtime_env().object_store(&store_url)?;
            (store_url, remote_objects(store.as_ref(), path, &url).await?)
        }
        None => {
            let store_url = ObjectStoreUrl::local_filesystem();
            let store = state.runtime_env().object_store(&store_url)?;
            (store_url, local_objects(store.as_ref(), path).await?)
        }
    };
    let mut found = Found::default();
    let mut partitions = Vec::new();
    for Object { meta, below } in objects {
        let name = meta.location.filename().unwrap_or_default().to_owned();
        let shown = below.clone().unwrap_or_else(|| name.clone());
        if below.as_deref().is_some_and(is_hidden) {
            found.left_out.push(shown);
            continue;
        }
        let format = match options.format {
            Some(kind) => Some(Format::forced(&name, kind)),
            None => Format::of(&name),
        };
        match format {
            Some(format) => {
                partitions.push(below.as_deref().map(partition).unwrap_or_default());
                found.files.push(InputFile::new(&url, &meta, format));
            }
            None if below.is_some() => found.left_out.push(shown),
            None => return Err(unknown_format(path)),
        }
    }
    if found.files.is_empty() {
        return Err(nothing_in(path, &found.left_out));
    }
    one_kind(path, &found.files)?;
    partition_values(path, &mut found, partitions)?;
    Ok(found)
}

fn unknown_format(path: &str) -> Error {
    let endings = format::endings();
    unreadable_path(
        path,
        &format!(
            "its format is not known: expected a name that ends in {endings}, or the format given (`--input-format csv`)"
        ),
    )
}

fn nothing_in(path: &str, left_out: &[String]) -> Error {
    let endings = format::endings();
    let there = match left_out {
        [] => "it is an empty folder".to_owned(),
        [first, others @ ..] => format!("none of its {} files can be read (the first is `{first}`)", others.len() + 1),
    };
    unreadable_path(path, &format!("{there}: expected files that end in {endings}"))
}

/// Files of a folder or a glob that have one format.
fn one_kind(path: &str, files: &[InputFile]) -> Result<()> {
    let first = &files[0];
    let Some(other) = files.iter().find(|file| file.format.kind != first.format.kind) else { return Ok(()) };
    let count = |kind: Kind| files.iter().filter(|file| file.format.kind == kind).count();
    let kinds = [Kind::Csv, Kind::Json, Kind::Parquet].into_iter().filter(|kind| count(*kind) > 0);
    let counts: Vec<String> = kinds.map(|kind| format!("{} of {kind}", count(kind))).collect();
    Err(unreadable_path(
        path,
        &format!(
            "it has files of several formats ({}; `{first}` and `{other}`): expected one format, or a glob of its files (`{}/*.{}`)",
            counts.join(", "),
            path.trim_end_matches('/'),
            match first.format.kind {
                Kind::Csv => "csv",
                Kind::Json => "jsonl",
                Kind::Parquet => "parquet",
            }
        ),
    ))
}

/// The columns of the folders between the named one and a file: `year=2026/month=1/a.csv` has two.
fn partition(below: &str) -> Vec<(String, Option<String>)> {
    let folders = below.rsplit_once('/').map_or("", |(folders, _)| folders);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let values = folders.split('/').filter_map(|folder| folder.split_once('='));
    let null = |value: &str| value == "__HIVE_DEFAULT_PARTITION__";
    values.map(|(name, value)| (decoded(name), (!null(value)).then(|| decoded(value)))).collect()
}

fn partition_values(path: &str, found: &mut Found, partitions: Vec<Vec<(String, Option<String>)>>) -> Result<()> {
    let names = |values: &[(String, Option<String>)]| values.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let first = partitions.first().map(|values| names(values)).unwrap_or_default();
    for (file, values) in found.files.iter_mut().zip(partitions) {
        let these = names(&values);
        if these != first {
            let shown = |names: &[String]| {
                if names.is_empty() { "no such columns".to_owned() } else { format!("`{}`", names.join("`, `")) }
            };
            return Err(unreadable_path(
                path,
                &format!(
                    "the folders of `{file}` name {}, those of other files {}: expected the same columns in all",
                    shown(&these),
                    shown(&first)
                ),
            ));
        }
        file.partition = values.into_iter().map(|(_, value)| value).collect();
    }
    found.partition_columns = first;
    Ok(())
}

/// Whether a file or a folder above it, below the folder that was named, is hidden as Spark and Hadoop have it.
fn is_hidden(below: &str) -> bool {
    below.split('/').any(|part| part.starts_with('.') || part.starts_with('_') && !part.contains('='))
}

/// The URL of a path that names an object store.
fn remote(path: &str) -> Option<Url> {
    let scheme = path.split_once("://")?.0;
    let is_scheme =
        scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme || scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    Url::parse(path).ok()
}

/// The path of this machine that `path` names.
fn local(path: &str) -> Result<PathBuf> {
    match path.strip_prefix("file://") {
        Some(rest) => {
            let url = Url::parse(path).ok().and_then(|url| url.to_file_path().ok());
            Ok(url.unwrap_or_else(|| PathBuf::from(rest)))
        }
        None => Ok(PathBuf::from(path)),
    }
}

/// A path from the root without `.` and `..`, whether it is there or not. Stores have no such parts.
///
/// # Errors
/// A current folder that is gone.
pub fn absolute(path: &Path) -> std::io::Result<PathBuf> {
    let mut found = PathBuf::new();
    for part in std::path::absolute(path)?.components() {
        match part {
            // The folder above a link is not the one that the path shows.
            Component::ParentDir => {
                found = found.canonicalize().unwrap_or(found);
                found.pop();
            }
            part => found.push(part),
        }
    }
    Ok(found)
}

async fn local_objects(store: &dyn ObjectStore, path: &str) -> Result<Vec<Object>> {
    let named = local(path)?;
    let failed = |error: &dyn std::fmt::Display| unreadable_path(path, error);
    // What is there is meant, also if its name has characters of globs.
    let mut places: Vec<(PathBuf, Option<String>)> = Vec::new();
    match std::fs::metadata(&named) {
        Ok(entry) if entry.is_dir() => {
            walk(&named, "", &mut HashSet::new(), &mut places).map_err(|error| failed(&error))?
        }
        Ok(_) => places.push((named, None)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && is_glob(path) => glob_places(path, &mut places)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(absent(path, &named)),
        Err(error) => return Err(failed(&error)),
    }
    places.sort();
    let mut objects = Vec::new();
    for (place, below) in places {
        let place = absolute(&place)?;
        let location = Location::from_absolute_path(&place).map_err(|error| failed(&error))?;
        let meta = store.head(&location).await.map_err(|error| failed(&error))?;
        objects.push(Object { meta, below });
    }
    Ok(objects)
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

fn absent(path: &str, named: &Path) -> Error {
    let folder = named.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hint = match folder.is_dir() {
        true => "",
        false => ", nor its folder",
    };
    unreadable_path(path, &format!("there is no such file or folder{hint}"))
}

/// The files below a folder, with their paths from it.
fn walk(
    folder: &Path,
    below: &str,
    seen: &mut HashSet<PathBuf>,
    places: &mut Vec<(PathBuf, Option<String>)>,
) -> std::io::Result<()> {
    // A link may lead back to a folder above it.
    if !seen.insert(folder.canonicalize()?) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let below = if below.is_empty() { name } else { format!("{below}/{name}") };
        // A link that leads nowhere is a file that cannot be read, unless it is hidden.
        match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() && is_hidden(&below) => {}
            Ok(found) if found.is_dir() => walk(&path, &below, seen, places)?,
            Ok(_) => places.push((path, Some(below))),
            Err(_) if is_hidden(&below) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The files that a pattern matches, and those in the folders that it matches. `**` stands for any number of folders.
fn glob_places(path: &str, places: &mut Vec<(PathBuf, Option<String>)>) -> Result<()> {
    let refused = |reason: &dyn std::fmt::Display| {
        unreadable_path(path, &format!("{reason}: expected a pattern of *, ?, [a-z] and **"))
    };
    let named = local(path)?;
    let pattern = named.to_string_lossy();
    // Hidden files are meant by patterns that begin as they do.
    let is_literal = pattern.rsplit('/').next().is_some_and(|last| last.starts_with(['.', '_']));
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::default() };
    let root = fixed_folder(&pattern);
    let mut seen = HashSet::new();
    for entry in glob::glob_with(&pattern, options).map_err(|error| refused(&error))? {
        let entry = entry.map_err(|error| unreadable_path(path, &error))?;
        let below = entry.strip_prefix(&root).unwrap_or(&entry).to_string_lossy().into_owned();
        match entry.is_dir() {
            true if is_hidden(&below) => {}
            // `**` matches folders and what is in them.
            true if pattern.contains("**") => {}
            true => {
                let mut within = Vec::new();
                walk(&entry, &below, &mut seen, &mut within).map_err(|error| unreadable_path(path, &error))?;
                places.extend(within);
            }
            false => places.push((entry, (!is_literal).then_some(below))),
        }
    }
    places.sort();
    places.dedup();
    if places.is_empty() {
        return Err(unreadable_path(path, &"no file matches this pattern"));
    }
    Ok(())
}

/// The folder before the first part of a pattern that is none.
fn fixed_folder(pattern: &str) -> PathBuf {
    let first = pattern.split('/').position(is_glob).unwrap_or_default();
    let parts: Vec<&str> = pattern.split('/').take(first).collect();
    if parts == [""] { PathBuf::from("/") } else { PathBuf::from(parts.join("/")) }
}

async fn remote_objects(store: &dyn ObjectStore, path: &str, url: &Url) -> Result<Vec<Object>> {
    let failed = |error: &dyn std::fmt::Display| unreadable_path(path, error);
    let location = Location::from_url_path(url.path()).map_err(|error| failed(&error))?;
    let is_folder = url.path().ends_with('/') || location.as_ref().is_empty();
    if !is_folder {
        match store.head(&location).await {
            Ok(meta) => return Ok(vec![Object { meta, below: None }]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) if !is_glob(path) => return Err(failed(&error)),
            Err(_) => {}
        }
    }
    let pattern = is_glob(location.as_ref()).then(|| location.to_string());
    let root = match &pattern {
        Some(pattern) => Location::from(fixed_folder(pattern).to_string_lossy().as_ref()),
        None => location.clone(),
    };
    let matcher = pattern.as_deref().map(glob::Pattern::new).transpose().map_err(|error| failed(&error))?;
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
    let all: Vec<ObjectMeta> = store.list(Some(&root)).try_collect().await.map_err(|error| failed(&error))?;
    let mut objects: Vec<Object> = all
        .into_iter()
        .filter_map(|meta| {
            let parts = meta.location.prefix_match(&root)?;
            let below = parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/");
            let is_wanted =
                matcher.as_ref().is_none_or(|matcher| matcher.matches_with(meta.location.as_ref(), options));
            (is_wanted && !below.is_empty()).then_some(Object { meta, below: Some(below) })
        })
        .collect();
    objects.sort_by(|a, b| a.meta.location.cmp(&b.meta.location));
    match objects.is_empty() {
        true => Err(unreadable_path(path, &"there is no such object, nor one below it")),
        false => Ok(objects),
    }
}

/// Whether a name in FROM is that of a file or a folder, and not of a table.
pub fn is_path(name: &str) -> bool {
    remote(name).is_some() || Format::of(name).is_some() || is_glob(name) || local(name).is_ok_and(|path| path.exists())
}
