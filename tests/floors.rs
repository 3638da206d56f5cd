//! The architecture holds: a room sees only the floors below it, a foreign word lives in one room, no service is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and its floor; neighbours do not see each other.
const FLOORS: &[(&str, u8)] = &[
    ("report", 0),
    ("value", 0),
    ("syntax", 1),
    ("builtin", 1),
    ("script", 1),
    ("ledger", 1),
    ("eval", 2),
    ("connect", 3),
    ("check", 4),
    ("plan", 5),
    ("workspace", 6),
    ("run", 7),
    ("serve", 8),
    ("sandbox", 8),
    ("test", 8),
    ("lsp", 8),
    ("cli", 9),
];

/// Rooms that see a neighbour, and why.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("value", "report", "a failure has a place"),
    ("script", "builtin", "a script calls the functions of the language by their rows"),
];

/// Foreign words and the rooms they live in.
const WORDS: &[(&str, &[&str])] = &[
    ("pest::", &["syntax"]),
    ("rhai::", &["script"]),
    ("jsonpath_rust", &["eval"]),
    ("reqwest", &["connect"]),
    ("rustls", &["connect"]),
    ("governor", &["connect"]),
    ("rusqlite", &["ledger"]),
    ("chacha20poly1305", &["ledger"]),
    ("toml::", &["workspace"]),
    ("notify_debouncer_full", &["workspace"]),
    ("axum", &["sandbox", "serve"]),
    ("prometheus_client", &["serve"]),
    ("sd_notify", &["serve"]),
    ("tracing_subscriber", &["cli"]),
    ("hmac::", &["serve"]),
    ("annotate_snippets", &["report"]),
    ("clap", &["cli"]),
    ("lsp_types", &["lsp"]),
    ("lsp_server", &["lsp"]),
    ("indicatif", &["cli"]),
    ("comfy_table", &["cli"]),
    ("println!", &["cli"]),
    ("std::env::", &["cli"]),
    ("env::var", &["cli"]),
    ("Timestamp::now", &["cli"]),
    ("SystemTime::now", &["cli"]),
    ("Instant::now()", &["connect"]),
    // Only a test takes a part of the protocol away.
    ("Protocol {", &["run"]),
];

struct File {
    path: String,
    room: String,
    text: String,
}

/// The files of `src/`, without their comments.
fn files() -> Vec<File> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&home, &mut found);
    found
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let path = path.strip_prefix(&home).unwrap().to_string_lossy().replace('\\', "/");
            let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_string();
            File { path, room, text: lines.join("\n") }
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a text names behind `crate::`.
fn seen(text: &str) -> Vec<String> {
    text.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect())
        .collect()
}

#[test]
fn a_room_sees_only_the_floors_below_it() {
    let floors: BTreeMap<&str, u8> = FLOORS.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in files() {
        let Some(own) = floors.get(file.room.as_str()) else {
            assert!(matches!(file.room.as_str(), "lib" | "main"), "`{}` is in a room without a floor", file.path);
            continue;
        };
        for room in seen(&file.text) {
            let Some(floor) = floors.get(room.as_str()) else { continue };
            let allowed = NEIGHBOURS.iter().any(|(from, to, _)| *from == file.room && *to == room);
            if room != file.room && floor >= own && !allowed {
                wrong.push(format!("{}: `{}` (floor {own}) sees `{room}` (floor {floor})", file.path, file.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_foreign_word_lives_in_one_room() {
    let mut wrong = Vec::new();
    for file in files() {
        for (word, rooms) in WORDS {
            if file.text.contains(word) && !rooms.contains(&file.room.as_str()) && file.room != "main" {
                wrong.push(format!("{}: `{word}` belongs in {}", file.path, rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_service_is_named_outside_of_the_sandbox() {
    for file in files().iter().filter(|file| file.room != "sandbox") {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&file.path)).unwrap();
        for name in ["jortt", "mijnwebwinkel", "myonlinestore"] {
            assert!(!text.to_lowercase().contains(name), "{} names {name}", file.path);
        }
    }
}

#[test]
fn nothing_is_left_behind() {
    for file in files() {
        for word in ["todo!(", "unimplemented!(", "dbg!(", "#[ignore"] {
            assert!(!file.text.contains(word), "{} has {word}", file.path);
        }
    }
}
