//! Lists the connectors, flows and samples we ship, so that the binary holds them and no system's name stands in `src/`;
//! and the pages of the catalogue of mistakes.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for folder in ["connectors", "flows", "samples"] {
        println!("cargo:rerun-if-changed={folder}");
        gather(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let path = file.strip_prefix(&root).expect("it was found below the root").to_string_lossy().replace('\\', "/");
        writeln!(table, "    File {{ path: {path:?}, bytes: include_bytes!({:?}) }},", file.to_string_lossy())
            .expect("writing to a text cannot fail");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("embedded.rs"), table)?;
    fs::write(out.join("pages.rs"), pages(&root.join("src/report/pages"))?)
}

/// The pages of the catalogue by their numbers: `K0217.md`.
fn pages(folder: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    gather(folder, &mut files)?;
    files.sort();
    let mut table = String::from("&[\n");
    for file in &files {
        let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let number: u16 = name.strip_prefix('K').and_then(|number| number.parse().ok()).unwrap_or_default();
        writeln!(table, "    ({number}, include_str!({:?})),", file.to_string_lossy())
            .expect("writing to a text cannot fail");
    }
    table.push_str("]\n");
    Ok(table)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            gather(&path, files)?;
        } else if !hidden {
            files.push(path);
        }
    }
    Ok(())
}
