//! The README is true: its flow is checked, its commands give what it shows, and its settings are read.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::folder::Folder;
use crate::support::markdown;

fn readme() -> String {
    markdown::file("README.md")
}

/// The blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let all = markdown::blocks(&readme()).into_iter();
    all.filter(|block| block.language == language).map(|block| block.text).collect()
}

#[test]
fn the_flow_and_its_results_are_as_shown() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::with(&[]);
    let flow = blocks("koppel").remove(0);
    folder.put("flows/invoices.flow", &flow);
    let mut shown = 0;
    for block in blocks("console") {
        let (command, output) = block.split_once('\n').expect("a command and what it prints");
        let words: Vec<&str> = command.strip_prefix("$ koppel ").expect("a koppel command").split(' ').collect();
        let words = words.iter().map(|word| {
            if word.starts_with("samples/") { home.join(word).display().to_string() } else { (*word).to_string() }
        });
        let ran = Command::new(env!("CARGO_BIN_EXE_koppel"))
            .args(words)
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("the binary runs");
        assert_eq!(String::from_utf8_lossy(&ran.stdout).trim(), output.trim(), "{command}");
        shown += 1;
    }
    assert!(shown >= 2, "the README shows results");
}

#[test]
fn every_command_it_names_is_one() {
    let help = Command::new(env!("CARGO_BIN_EXE_koppel")).arg("--help").output().expect("the binary runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let text = readme();
    let mut named = 0;
    for rest in text.split("`koppel ").skip(1) {
        let command = rest.split([' ', '`', '\n']).next().expect("a word follows");
        assert!(help.contains(&format!("\n  {command} ")), "`koppel {command}` is no command:\n{help}");
        named += 1;
    }
    assert!(named > 8, "the README names the commands");
}

#[test]
fn its_settings_are_read() {
    let folder = Folder::with(&[]);
    folder.put("koppel.toml", blocks("toml").remove(0));
    folder.put("jortt.secret", "not a real one");
    for path in ["flows/orders.flow", "flows/lib/dutch.rhai"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("it is shipped");
        folder.put(path, &text);
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_koppel"))
        .arg("check")
        .current_dir(folder.path())
        .envs([("NO_COLOR", "1"), ("SHOP_TOKEN", "a"), ("SHOP_PARTNER_TOKEN", "b"), ("JORTT_ID", "c")])
        .output()
        .expect("the binary runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
