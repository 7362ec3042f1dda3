//! The command as its users meet it: what it prints, and what it says when something is wrong.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn annota(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annota"));
    command.args(arguments).env_remove("ANNOTA_DEVICE").env_remove("ANNOTA_MODEL").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    annota(arguments).output().expect("it starts")
}

fn stdout(arguments: &[&str]) -> String {
    let done = run(arguments);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/texts.csv")
}

const README_QUERY: &str =
    "SELECT t.token AS token, t.embedding AS embedding FROM (SELECT unnest(albert_embed_tokens('I love NLP')) AS t)";

#[test]
fn the_query_of_the_readme_gives_what_it_prints() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).expect("README");
    assert!(readme.contains(&format!("annota sql -c \"{README_QUERY}\"")));
    // One value is printed as 2.7686 or 2.7685, as its last bit falls: that of these kernels is the same everywhere.
    let table = stdout(&["sql", "-q", "--device", "cpu:portable", "-c", README_QUERY]);
    assert!(readme.contains(table.trim_end()), "{table}");
    assert_eq!(stdout(&["predict", "--device", "cpu:portable", "I love NLP"]), table);
    assert_eq!(stdout(&["predict", "I love NLP"]), stdout(&["sql", "-q", "-c", README_QUERY]));
}

#[test]
fn every_format_holds_the_whole_vector() {
    let numbers = |text: &str| text.split([',', '[', ']', '"', ' ']).filter(|part| part.parse::<f32>().is_ok()).count();
    for format in ["csv", "tsv", "json", "ndjson"] {
        let text = stdout(&["sql", "--format", format, "-c", "SELECT albert_embed('I love NLP') AS v"]);
        assert_eq!(numbers(&text), 256, "{format}: {text}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.parquet").to_string_lossy().into_owned();
    stdout(&["predict", "I love NLP", "--output-level", "sentence", "--format", "parquet", "--output", &file]);
    let query = format!("SELECT sentence, array_length(embedding) AS n FROM '{file}'");
    assert_eq!(stdout(&["sql", "-q", "--format", "csv", "-c", &query]), "sentence,n\nI love NLP,256\n");
}

#[test]
fn predict_has_three_levels_and_reads_files() {
    let header = |level: &str| stdout(&["predict", "One. Two", "--output-level", level, "--format", "csv"]);
    assert!(header("token").starts_with("token,embedding\nOne,"));
    assert!(header("sentence").starts_with("sentence,embedding\nOne.,"));
    assert!(header("document").starts_with("document,embedding\nOne. Two,"));
    let sample = sample().to_string_lossy().into_owned();
    let text =
        stdout(&["predict", "--input", &sample, "--column", "text", "--output-level", "document", "--format", "csv"]);
    assert!(text.starts_with("id,topic,document,embedding\n1,"));
    let table = stdout(&["predict", "--input", &sample, "--maxrows", "2", "--positions"]);
    assert!(table.contains("| id | topic") && table.contains("more rows"), "{table}");
}

#[test]
fn predict_tells_places_and_metadata_when_asked() {
    let start = |flags: &[&str]| {
        let text = stdout(&[&["predict", "One 😀. Two", "--format", "csv"], flags].concat());
        let rows: Vec<String> = text.lines().map(|line| line.split(",\"[").next().unwrap_or(line).to_owned()).collect();
        rows.join("\n")
    };
    assert_eq!(
        start(&["--metadata", "--positions"]),
        "sentence,token,begin,end,piece_id,is_oov,is_word_start,embedding\n0,One,0,2,73,false,true\n\
         0,😀,4,5,1,true,true\n0,.,6,6,9,false,true\n1,Two,8,10,142,false,true"
    );
    assert_eq!(
        start(&["--output-level", "sentence", "--metadata", "--positions"]),
        "sentence_index,sentence,begin,end,pieces,embedding\n0,One 😀.,0,6,6\n1,Two,8,10,3"
    );
    assert_eq!(
        start(&["--output-level", "document", "--metadata", "--positions"]),
        "document,begin,end,pieces,embedding\nOne 😀. Two,0,10,7"
    );
}

#[test]
fn bench_measures_shapes_and_texts() {
    let bench = |arguments: &[&str]| {
        let text = stdout(
            &[&["--device", "cpu", "--threads", "1", "bench", "--seconds", "0.2", "--json"], arguments].concat(),
        );
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    let shapes = bench(&["--shape", "2x8", "--shape", "1x30", "--precision", "bf16"]);
    assert_eq!((&shapes["threads"], &shapes["precision"]), (&1.into(), &"bf16".into()));
    let rows = shapes["rows"].as_array().expect("rows");
    assert_eq!(rows.iter().map(|row| row["what"].as_str()).collect::<Vec<_>>(), [Some("2x8"), Some("1x30")]);
    assert_eq!((rows[0]["tokens"].as_u64().expect("tokens") % 16, &rows[0]["padding"]), (0, &0.0.into()));
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    assert!(number(&shapes["peak_gflops"]) > 0.0 && rows.iter().all(|row| number(&row["gflops"]) > 0.0), "{shapes}");
    let mut compute = rows.iter().map(|row| number(&row["compute"]));
    assert!(compute.all(|share| 0.0 < share && share <= 1.0), "one batch after the other: {shapes}");
    let sample = sample().to_string_lossy().into_owned();
    let texts = bench(&["--input", &sample, "--level", "sentence"]);
    assert!(texts["rows"][0]["texts_per_second"].as_f64().expect("texts") > 0.0, "{texts}");
    let table = stdout(&["--device", "cpu", "bench", "--seconds", "0.1"]);
    assert!(table.contains("tokens/s") && table.contains("documents"), "{table}");
}

/// What a process may use is less than the machine has in a container too.
#[test]
#[cfg(target_os = "linux")]
fn threads_are_as_many_as_the_process_may_use() {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).expect("processors");
    let first = allowed.trim().split([',', '-']).next().expect("a processor");
    let bench = ["--device", "cpu", "bench", "--shape", "1x8", "--seconds", "0.1", "--json"];
    let bound = Command::new("taskset").args(["-c", first, env!("CARGO_BIN_EXE_annota")]).args(bench).output();
    let bound = bound.expect("taskset, of util-linux");
    assert!(bound.status.success(), "{}", String::from_utf8_lossy(&bound.stderr));
    let report: serde_json::Value = serde_json::from_slice(&bound.stdout).expect("JSON");
    assert_eq!(report["threads"], 1);
}

#[test]
fn sql_comes_from_files_and_pipes_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("q.sql");
    std::fs::write(&file, "SELECT 1 AS a; SELECT ';' AS b;").expect("written");
    let text = stdout(&["sql", "-q", "--format", "csv", "-f", &file.to_string_lossy()]);
    assert_eq!(text, "a\n1\nb\n;\n");
    let mut child = annota(&["sql", "-q", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(b"SET annota.offsets = 'byte'; SELECT document('\xc3\xa9')[1]['end'] AS e")
        .expect("written");
    let done = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&done.stdout), "e\n1\n");
}

#[test]
fn functions_and_models_are_documented() {
    let functions = stdout(&["functions"]);
    for name in ["albert_embed(", "albert_embed_tokens(", "document(", "finish(", "cosine_similarity(", "vector("] {
        assert!(functions.contains(name), "{name}");
    }
    let shown = stdout(&["sql", "-q", "--format", "csv", "-c", "SHOW FUNCTIONS LIKE 'albert_embed'"]);
    assert!(shown.contains("One vector per text"), "{shown}");
    for name in ["cosine_similarity", "vector", "tokens", "finish"] {
        let query = format!("SHOW FUNCTIONS LIKE '{name}'");
        assert!(stdout(&["sql", "-q", "--format", "csv", "-c", &query]).lines().count() > 1, "{name}");
    }
    assert!(stdout(&["models", "list"]).contains("albert_large_uncased"));
    assert!(stdout(&["models", "show", "albert_tiny_en"]).starts_with("# albert-tiny-en"));
}

#[test]
fn run_writes_a_folder_and_says_what_it_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, job) = (folder.path().join("out"), folder.path().join("job.toml"));
    let text = format!("input = [{:?}]\noutput = {:?}\n", sample(), out);
    std::fs::write(&job, text).expect("written");
    let summary = stdout(&["run", &job.to_string_lossy()]);
    assert!(summary.contains("320 in, 320 out") && summary.contains("padding"), "{summary}");
    let query = format!(
        "SELECT count(*) AS n, count(DISTINCT id) AS ids, count(embedding) AS vectors FROM '{}/'",
        out.display()
    );
    assert_eq!(stdout(&["sql", "-q", "--format", "csv", "-c", &query]), "n,ids,vectors\n320,320,320\n");
}

#[test]
fn errors_are_one_line_that_names_the_value() {
    let sample = sample().to_string_lossy().into_owned();
    let cases: &[(&[&str], &[&str])] = &[
        (&["sql", "-c", "SELECT albert_embed('a', 'nope')"], &["`nope`", "albert_tiny_en"]),
        (&["--model", "nope", "predict", "a"], &["`nope`"]),
        (&["sql", "-c", "SELECT albert_embed(1)"], &["Int64", "text"]),
        (&["sql", "-c", "SELECT nothing FROM 'no.csv'"], &["no.csv"]),
        (&["sql", "-c", "SELECT colour FROM (SELECT 1 AS a)"], &["colour"]),
        (&["sql", "-c", "SELEC 1"], &["SELEC"]),
        (&["sql", "-c", "SET annota.offsets = 'inch'"], &["inch", "utf16"]),
        (&["sql", "-c", "SET annota.speed = '9'"], &["speed", "batch_tokens"]),
        (&["sql", "-f", "/no/such.sql"], &["/no/such.sql"]),
        (&["--device", "cuda:7", "predict", "a"], &["cuda:7"]),
        (&["--device", "wgpu:99", "predict", "a"], &["wgpu:99", "annota devices"]),
        (&["--model", "/tmp", "predict", "a"], &["/tmp/config.json"]),
        (&["bench", "--shape", "1x9999", "--device", "cpu"], &["9999", "512"]),
        (&["bench", "--device", "cpu", "--precision", "f16"], &["f16", "f32, bf16 or int8"]),
        (&["sql", "-c", "SELECT albert_embed('a', precision => 'f64')"], &["f64", "f32, f16, bf16, int8"]),
        (&["predict", "a", "--format", "parquet"], &["parquet", "--output"]),
        (&["predict", "--input", &sample, "--column", "body"], &["`body`", "text"]),
        (&["run", "--input", &sample, "--text-column", "body", "--output", "/tmp/annota-none"], &["`body`", "text"]),
        (&["run", "--input", "/no/such.csv", "--output", "/tmp/annota-none"], &["/no/such.csv"]),
        (&["run"], &["--output"]),
        (&["models", "show", "nope"], &["`nope`"]),
        (&["functions", "nope"], &["`nope`", "albert_embed"]),
    ];
    for (arguments, expected) in cases {
        let done = run(arguments);
        let message = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert!(message.starts_with("error: "), "{arguments:?}: {message}");
        for part in *expected {
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
    }
    let bad_flag = run(&["--device", "gpu", "predict", "a"]);
    assert_eq!(bad_flag.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad_flag.stderr).contains("expected auto, cpu, cpu:portable, cpu:avx2"));
}

/// On a GPU, or on a CPU that plays one: the second process does not compare with the CPU, and with the cargo feature
/// `tuning-cache` it does not tune either.
#[test]
fn what_a_gpu_was_found_to_do_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cache, decisions) = (folder.path().join("cache"), folder.path().join("decisions.log"));
    // Where the runtime of GPUs is told to write a line for each kernel that it chooses.
    std::fs::write(folder.path().join("cubecl.toml"), "[autotune.decisions]\nfile = \"decisions.log\"\n")
        .expect("written");
    let decide = || {
        let _ = std::fs::remove_file(&decisions);
        let asked = ["--device", "wgpu", "sql", "-q", "--format", "csv", "-c", "SELECT albert_embed('x')[1] AS first"];
        let done = annota(&asked).current_dir(folder.path()).env("XDG_CACHE_HOME", &cache).output().expect("it starts");
        let decided = std::fs::read_to_string(&decisions).unwrap_or_default().lines().count();
        (done.status.success(), String::from_utf8([done.stdout, done.stderr].concat()).expect("UTF-8"), decided)
    };
    let (is_there, said, decided) = decide();
    if !is_there {
        eprintln!("skipped: what a GPU was found to do is kept: {said}");
        return;
    }
    assert!(decided > 0, "nothing was tuned, so nothing can be kept");
    let trusted = std::fs::read_dir(cache.join("annota").join("trusted")).expect("what is trusted").count();
    assert_eq!(trusted, 1, "{said}");
    let (is_there, said_again, decided_again) = decide();
    assert_eq!((is_there, said_again), (true, said));
    assert!(decided_again == 0 || !cfg!(feature = "tuning-cache"), "{decided_again}");
}

#[test]
fn devices_are_listed() {
    let table = stdout(&["devices"]);
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let listed: Vec<String> = table.lines().take_while(|line| !line.is_empty()).map(first).collect();
    assert_eq!(listed[..2], ["device", "cpu"], "{table}");
    assert!(table.contains("`auto` takes "), "{table}");
    let json = stdout(&["devices", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(rows.iter().map(|row| row["device"].as_str().unwrap_or_default()).collect::<Vec<_>>(), listed[1..]);
    assert_eq!(rows[0]["kind"], "cpu");
    for row in rows.iter().filter(|row| row["kind"] == "software") {
        assert_eq!((&row["kernels"], &row["auto"]), (&"WGSL".into(), &false.into()), "{row}");
    }
    // The CPU is what GPUs are compared with.
    assert_eq!(stdout(&["--device", "cpu", "devices", "--check", "--format", "json"]), json);
}

/// A loader that finds no driver.
#[test]
fn devices_without_vulkan() {
    let nothing = annota(&["devices"]).env("VK_DRIVER_FILES", "/nothing").env("VK_ICD_FILENAMES", "/nothing").output();
    let nothing = nothing.expect("it starts");
    let said = String::from_utf8_lossy(&nothing.stdout).into_owned();
    assert!(nothing.status.success() && nothing.stderr.is_empty(), "{nothing:?}");
    assert!(said.contains("\ncpu ") && said.contains("`auto` takes cpu."), "{said}");
}

#[test]
fn models_are_pulled_verified_imported_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../annota-models/bundled/albert-tiny-en");
    let bundled = bundled.canonicalize().expect("the bundled model").display().to_string();
    let cached = |arguments: &[&str]| {
        let done = annota(arguments).env("HF_HUB_CACHE", folder.path()).env("HF_HUB_OFFLINE", "0").output();
        let done = done.expect("it starts");
        let said = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8(said).expect("UTF-8"))
    };
    let url = format!("file://{bundled}");
    let (pulled, said) = cached(&["models", "pull", &url]);
    assert!(pulled && said.contains("annota-urls"), "{said}");
    let same = format!("SELECT albert_embed('a', '{url}') = albert_embed('a') AS same");
    assert!(cached(&["sql", "-q", "--format", "csv", "-c", &same]).1.contains("true"));
    let (removed, said) = cached(&["models", "rm", &url]);
    assert!(removed && said.contains("MB freed"), "{said}");
    let (verified, said) = cached(&["models", "verify", "albert_tiny_en"]);
    assert!(verified && said.contains("difference") && !said.contains("DIFFERS"), "{said}");
    let (verified, said) = cached(&["models", "verify", "albert_base_uncased", "--files", "albert_tiny_en"]);
    assert!(!verified && said.contains("published values differ"), "{said}");
    let target = folder.path().join("imported").display().to_string();
    let (imported, said) = cached(&["models", "import", &bundled, &target]);
    assert!(imported && said.contains("albert, from safetensors"), "{said}");
    let (absent, said) = cached(&["models", "pull", "file:///no/such/model"]);
    assert!(!absent && said.contains("/no/such/model"), "{said}");
}

#[test]
fn versions_name_the_commit_and_the_build() {
    let (short, long) = (stdout(&["-V"]), stdout(&["--version"]));
    let start = concat!("annota ", env!("CARGO_PKG_VERSION"), " (");
    assert!(short.starts_with(start) && short.ends_with(")\n") && short.lines().count() == 1, "{short}");
    assert!(long.starts_with(&short), "{long}");
    let names: Vec<&str> = long.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    assert_eq!(names, ["features", "target", "profile", "rustc", "instruction sets"], "{long}");
    assert!(long.contains("instruction sets: portable"), "{long}");
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = stdout(&["completions", shell]);
        for name in ["annota", "doctor", "output-level", "sentence"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).status.code(), Some(2));
}

/// Calls the completion function as bash does.
#[test]
#[cfg(unix)]
fn bash_completes_flags_and_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("annota.bash");
    std::fs::write(&script, stdout(&["completions", "bash"])).expect("written");
    let ask = r#"source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _annota annota "${!#}" "${@:$#-1:1}"; echo "${COMPREPLY[@]}""#;
    let complete = |words: &[&str]| {
        let done = Command::new("bash").args(["-c", ask]).arg(&script).args(words).output().expect("bash");
        String::from_utf8([done.stdout, done.stderr].concat()).expect("UTF-8").trim().to_owned()
    };
    assert_eq!(complete(&["annota", "predict", "--output-level", ""]), "token sentence document");
    assert_eq!(complete(&["annota", "run", "--on-error", "n"]), "null");
    assert_eq!(complete(&["annota", "--profile", "s"]), "spark_nlp");
    assert_eq!(complete(&["annota", "doc"]), "doctor");
    assert_eq!(complete(&["annota", "doctor", "--off"]), "--offline");
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let page = stdout(&["man"]);
    assert!(page.contains(".TH annota 1") && page.contains("ANNOTA_DEVICE"), "{page}");
    let folder = tempfile::tempdir().expect("a folder");
    let pages = pages(&folder.path().join("man"));
    for (name, part) in [("annota", ".TH annota 1"), ("annota-run", "append"), ("annota-models-pull", "NAME")] {
        let page = pages.iter().find(|(page, _)| page == name);
        assert!(page.is_some_and(|(_, text)| text.contains(part)), "{name}");
    }
    let help = stdout(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()).filter(|command| *command != "help") {
        assert!(pages.iter().any(|(page, _)| *page == format!("annota-{command}")), "{command}");
    }
}

/// The names and texts of all manual pages.
fn pages(folder: &Path) -> Vec<(String, String)> {
    assert_eq!(stdout(&["man", "--output", &folder.to_string_lossy()]), "");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let name = |file: &Path| file.file_stem().expect("a name").to_string_lossy().into_owned();
    files.map(|file| (name(&file), std::fs::read_to_string(&file).expect("a page"))).collect()
}

/// The manual pages name all variables, so the test includes those of new arguments.
#[test]
fn empty_variables_count_as_unset() {
    let variables = |page: &str| -> Vec<String> {
        let names = page.split("\\fBANNOTA_").skip(1).filter_map(|rest| rest.split('\\').next());
        names.map(|name| format!("ANNOTA_{name}")).collect()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let pages = pages(folder.path());
    let of_all = pages.iter().find(|(name, _)| name == "annota").map(|(_, page)| variables(page)).expect("a page");
    assert!(of_all.contains(&"ANNOTA_THREADS".to_owned()), "{of_all:?}");
    let cases: &[(&str, &[&str], i32)] = &[
        ("annota-predict", &["a"], 0),
        ("annota-sql", &["-q", "-c", "SELECT 1"], 0),
        ("annota-run", &["--token-file", "/no/such"], 1),
        ("annota-scheduler", &["--token-file", "/no/such"], 1),
        ("annota-executor", &["--token-file", "/no/such"], 1),
    ];
    for (name, page) in &pages {
        let Some((_, arguments, code)) = cases.iter().find(|(case, ..)| case == name) else {
            let own: Vec<String> = variables(page).into_iter().filter(|name| !of_all.contains(name)).collect();
            assert!(own.is_empty(), "{name} has {own:?} and needs a case");
            continue;
        };
        let empty = variables(page).into_iter().map(|name| (name, ""));
        let command = name.trim_start_matches("annota-");
        let done = annota(&[&[command], *arguments].concat()).envs(empty).output().expect("it starts");
        // A usage error is 2.
        assert_eq!(done.status.code(), Some(*code), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

fn doctor(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = annota(&[&["doctor"], arguments].concat());
    command.env("ANNOTA_DEVICE", "cpu");
    for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HOME", "HF_HUB_CACHE", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied()).output().expect("it starts")
}

#[test]
fn doctor_reports_on_a_screen_and_as_json() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path().to_string_lossy().into_owned();
    let variables = [("HF_HOME", home.as_str()), ("HF_TOKEN", "hf_secret"), ("ANNOTA_DEVCE", "cpu")];
    let report = |arguments: &[&str]| {
        let done = doctor(arguments, &variables);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("UTF-8")
    };
    let screen = report(&["--offline"]);
    for part in ["CPU", "memory", "GPU", "hub cache", "network", "Selected", "Suggestions", "`ANNOTA_DEVCE` is not"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let json = report(&["--offline", "--format", "json"]);
    assert!(!json.contains("hf_secret") && !screen.contains("hf_secret"), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["can_run"], true);
    assert_eq!(json["selected"]["device_setting"], "cpu");
    let hub = &json["folders"][0];
    assert_eq!(
        (&hub["name"], &hub["variable"], &hub["is_writable"]),
        (&"hub cache".into(), &"HF_HOME".into(), &true.into())
    );
    assert_eq!(json["network"]["hub"]["state"], "skipped");
}

/// Arguments, variables, the exit code, and a part of the report.
type DoctorCase<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], i32, &'a str);

#[test]
fn doctor_fails_where_annota_cannot_run() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let below = file.path().join("hub").to_string_lossy().into_owned();
    let unreachable = ("HF_ENDPOINT", "http://127.0.0.1:9");
    let cases: [DoctorCase; 6] = [
        (&[], &[unreachable], 0, "cannot reach `http://127.0.0.1:9`"),
        (&[], &[unreachable, ("ANNOTA_MODEL", "org/name")], 1, "model `org/name` is not on this machine"),
        (&["--offline"], &[("ANNOTA_MODEL", "org/name")], 0, "`annota models pull org/name`"),
        (&["--offline"], &[("ANNOTA_MODEL", "nope")], 1, "unknown model `nope`"),
        (&["--offline"], &[("HF_HUB_CACHE", &below)], 0, "is not writable: set HF_HUB_CACHE"),
        (&["--offline", "--device", "cuda:7"], &[], 1, "device `cuda:7`"),
    ];
    for (arguments, variables, code, part) in cases {
        let done = doctor(arguments, variables);
        let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(code), "{arguments:?} {variables:?}: {out}{error}");
        let said = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(part), "{arguments:?} {variables:?}: {out}");
        assert_eq!(error.starts_with("error: annota cannot run: "), code == 1, "{error}");
    }
}

/// Every command that prints, whose reader leaves or whose disk is full.
#[cfg(target_os = "linux")]
#[test]
fn readers_that_leave_and_full_disks_are_no_panic() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("a.csv"), folder.path().join("out"));
    std::fs::write(&input, "id,text\n1,a\n").expect("written");
    let [input, output] = [input, output].map(|path| path.to_string_lossy().into_owned());
    let run = ["run", "--input", &input, "--output", &output];
    assert!(annota(&run).stdout(Stdio::null()).status().expect("it runs").success());
    let commands: [&[&str]; 9] = [
        &["functions"],
        &run,
        &["jobs", "status", &output],
        &["models", "list"],
        &["models", "show", "albert_tiny_en"],
        &["devices"],
        &["doctor", "--offline"],
        &["sql", "-c", "SELECT 1"],
        &["predict", "a"],
    ];
    for arguments in commands {
        let mut child = annota(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        let done = child.wait_with_output().expect("it ends");
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(!error.contains("panicked") && done.status.code() != Some(101), "{arguments:?}: {error}");
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        let done = annota(arguments).stdout(full).output().expect("it runs");
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.code() == Some(1) && error.contains("No space left"), "{arguments:?}: {error}");
    }
}

#[test]
fn errors_tell_their_causes_in_plain_words() {
    let failed = |arguments: &[&str]| {
        let done = annota(arguments).output().expect("it runs");
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(done.stderr).expect("UTF-8")
    };
    let error = failed(&["sql", "-f", "nope.sql"]);
    assert!(error.contains("`nope.sql`") && error.contains("No such file"), "{error}");
    let error = failed(&["sql", "-c", "SELECT 'x"]);
    assert!(error.contains("Unterminated string literal") && !error.contains("Error("), "{error}");
    let error = failed(&["sql", "-c", "SELECT * FROM 'nope.parquet'"]);
    assert!(error.contains("input `nope.parquet`: there is no such file or folder"), "{error}");
    assert!(stdout(&["sql", "-q", "--format", "csv", "-c", "FROM (VALUES (1), (2)) AS t(a)"]).contains("a\n1\n2"));
}

#[test]
fn flags_stand_above_a_job_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    std::fs::write(path("a.csv"), "id;text\n1;a\n").expect("written");
    let job = format!(
        "input = \"{}\"\noutput = \"{}\"\nprofile = \"spark_nlp\"\nread = {{ delimiter = \",\" }}\n",
        path("a.csv"),
        path("out")
    );
    std::fs::write(path("job.toml"), job).expect("written");
    let done =
        annota(&["run", &path("job.toml"), "--profile", "annota", "--delimiter", ";"]).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let folders =
        std::fs::read_dir(path("out/_annota")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let plan = folders.map(|folder| folder.join("job.json")).find(|file| file.exists()).expect("a plan");
    let plan: serde_json::Value = serde_json::from_slice(&std::fs::read(plan).expect("read")).expect("JSON");
    assert_eq!((&plan["job"]["profile"], &plan["job"]["read"]["delimiter"]), (&"annota".into(), &";".into()));
}
