//! Command lines of a page go in; they are run where a reader would run them, and what they print comes out.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs, thread};

/// A reader's terminal.
pub(super) struct Shell {
    /// Where it stands.
    pub(super) folder: PathBuf,
    home: PathBuf,
    exit: i32,
    sandbox: Option<Child>,
    /// Ports that pages name, and those that stand for them here.
    ports: Vec<(u16, u16)>,
}

/// The ports of the sandbox that pages name.
const SANDBOX: [u16; 2] = [7420, 7421];

impl Shell {
    /// A terminal in this folder.
    pub(super) fn new(folder: &Path) -> Shell {
        let (folder, home) = (folder.to_path_buf(), folder.to_path_buf());
        Shell { folder, home, exit: 0, sandbox: None, ports: Vec::new() }
    }

    /// What the last command ended with.
    pub(super) fn ended(&self) -> i32 {
        self.exit
    }

    /// Another port stands for one that pages name.
    pub(super) fn port(&mut self, named: u16, real: u16) {
        self.ports.push((named, real));
    }

    /// Runs a line; what it prints, or none for one that goes on behind the page's back.
    pub(super) fn run(&mut self, line: &str) -> Option<String> {
        if let Some(line) = line.strip_suffix('&') {
            self.begin(line.trim());
            return None;
        }
        if let Some(folder) = line.strip_prefix("cd ") {
            self.folder = self.folder.join(folder.trim()).canonicalize().expect("the folder is there");
            return Some(String::new());
        }
        let line = format!("(exit {})\n{}", self.exit, self.moved(line));
        let ran = self.command("sh").arg("-c").arg(line).output().expect("a shell runs");
        self.exit = ran.status.code().unwrap_or(-1);
        let printed = [ran.stdout, ran.stderr].concat();
        Some(self.named(&String::from_utf8_lossy(&printed)))
    }

    /// A text of a page as it must be here.
    pub(super) fn moved(&self, text: &str) -> String {
        let moved = |text: String, (named, real): &(u16, u16)| text.replace(&format!(":{named}"), &format!(":{real}"));
        self.ports.iter().fold(text.to_string(), moved)
    }

    fn named(&self, text: &str) -> String {
        let text = text.replace(&self.home.display().to_string(), "~");
        let named = |text: String, (named, real): &(u16, u16)| text.replace(&format!(":{real}"), &format!(":{named}"));
        self.ports.iter().fold(text, named)
    }

    fn command(&self, program: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_koppel"));
        let folder = binary.parent().expect("a file lies in a folder");
        let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap_or_default());
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env_clear().env("PATH", path).env("HOME", &self.home).env("NO_COLOR", "1");
        command
    }

    /// Starts what stays up: the sandbox, on ports that are free, its settings into a file where the line says so.
    fn begin(&mut self, line: &str) {
        let (line, into) = match line.split_once('>') {
            Some((line, file)) => (line.trim(), Some(file.trim())),
            None => (line, None),
        };
        let words: Vec<&str> = line.split(' ').collect();
        let ["koppel", "sandbox", more @ ..] = words.as_slice() else { panic!("`{line} &` is no sandbox") };
        let mut child = self
            .command(env!("CARGO_BIN_EXE_koppel"))
            .args(["sandbox", "--shop-port", "0", "--books-port", "0"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let mut told = BufReader::new(child.stdout.take().expect("it has an output"));
        let mut settings = String::new();
        while !settings.contains("client_secret") {
            assert!(told.read_line(&mut settings).expect("it is text") > 0, "the sandbox ended: {settings}");
        }
        thread::spawn(move || for _ in told.lines() {});
        let port = |line: &str| line.strip_prefix("base = \"http://127.0.0.1:")?.strip_suffix('"')?.parse().ok();
        self.sandbox = Some(child);
        self.ports.extend(SANDBOX.into_iter().zip(settings.lines().filter_map(port)));
        match into {
            Some(file) => fs::write(self.folder.join(file), settings).expect("there is room"),
            None => {
                let config = self.folder.join("koppel.toml");
                let text = fs::read_to_string(&config).expect("a koppel.toml binds the flows to the sandbox");
                fs::write(config, self.moved(&text)).expect("there is room");
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(child) = &mut self.sandbox {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
