//! The command line as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "koppel", version, about, disable_help_subcommand = true, arg_required_else_help = true)]
pub(super) struct Cli {
    /// Folder of the workspace [default: the nearest one upwards with a `koppel.toml`]
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) workspace: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run both simulated systems and bring customers and orders across, to see what koppel does
    Demo(DemoArgs),
    /// Start both simulated systems and keep them up
    Sandbox(SandboxArgs),
    /// Find all mistakes in flows, connectors and settings
    Check(CheckArgs),
    /// Write flows and connectors in their canonical form
    Fmt(FmtArgs),
    /// Log in to a system, try the credentials of a connection, and say what is missing
    Connect(ConnectArgs),
    /// Say what a run would do, record by record, and write nothing
    Plan(PlanArgs),
    /// Run a flow once
    Run(RunArgs),
    /// Run the tests that stand in flows
    Test(TestArgs),
    /// Map records without any system: source records in, what each would make out
    Map(MapArgs),
    /// Show the chain of one record: by which request it came, which stops it passed, what was made, and the flow's lines
    Why(WhyArgs),
    /// Compare what two versions of a flow make of the same records
    Diff(DiffArgs),
    /// Draw what a flow does, step by step
    Graph(GraphArgs),
    /// Copy the ledger to another file, also while a run is under way
    Backup(BackupArgs),
    /// Count what is kept about a person, and erase it
    Forget(ForgetArgs),
    /// Show what became of records
    Log(LogArgs),
    /// Say what became of a write that is in doubt, and go on with its record
    Resolve(ResolveArgs),
    /// Send records again that are held or failed, after showing what that would do
    Resend(ResendArgs),
    /// Show how the flows and the connections stand, and what waits for a person
    Status(StatusArgs),
    /// Let flows rest until `koppel resume`
    Pause(PauseArgs),
    /// Let flows that rest run again
    Resume(ResumeArgs),
    /// Count both sides: what the source has, what became of it, and whether what was made is there
    Reconcile(ReconcileArgs),
    /// Serve an editor: mistakes as you type, completion, definition, rename
    Lsp,
    /// Show the functions of the language
    Builtins(BuiltinsArgs),
    /// Say what the number of a message means, with a wrong example and the right one
    Explain(ExplainArgs),
    /// Write what a shell needs to complete command lines
    Completions(CompletionsArgs),
    /// Write the manual
    #[command(hide = true)]
    Man,
}

#[derive(Args, Debug)]
pub(super) struct DemoArgs {
    /// Orders to generate besides the samples
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) orders: u32,
    /// Where all generated data begins
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

#[derive(Args, Debug)]
pub(super) struct SandboxArgs {
    /// Port of the webshop; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7420)]
    pub(super) shop_port: u16,
    /// Port of the bookkeeping; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 7421)]
    pub(super) books_port: u16,
    /// Orders to generate besides the samples
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) orders: u32,
    /// Where all generated data and chance faults begin
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Requests per second that each system allows [default: 20 for the webshop, 10 for the bookkeeping]
    #[arg(long, value_name = "N", conflicts_with = "no_limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
    /// Allow any number of requests
    #[arg(long)]
    pub(super) no_limits: bool,
    /// Break answers: a fault's name and how many of 100 requests it meets, such as `lost_reply=5`
    #[arg(long, value_name = "NAME=RATE")]
    pub(super) fault: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// Flows by name or file [default: all of the workspace]
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// Print the mistakes as JSON, one a line
    #[arg(long)]
    pub(super) json: bool,
    /// Take a warning for a mistake: end with 78 where there is one
    #[arg(long)]
    pub(super) deny_warnings: bool,
}

#[derive(Args, Debug)]
pub(super) struct FmtArgs {
    /// Files; `-` reads standard input and writes standard output [default: all of the workspace]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Write nothing: show what would change, and end with 1 if anything would
    #[arg(long)]
    pub(super) check: bool,
}

#[derive(Args, Debug)]
pub(super) struct TestArgs {
    /// Flows by name or file [default: all of the workspace]
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// Only tests whose title holds this
    #[arg(long, value_name = "TEXT")]
    pub(super) only: Option<String>,
    /// Pin what is made now instead of calling it wrong
    #[arg(long)]
    pub(super) accept: bool,
    /// Tell which steps, branches, match arms and table rows no test touches
    #[arg(long)]
    pub(super) coverage: bool,
    /// Fail when the tests of a flow touch less of it than so many percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    pub(super) coverage_min: Option<u8>,
    /// How what became of tests is told
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TestFormat::Text)]
    pub(super) format: TestFormat,
    /// Stay, and run the tests again that a saved file concerns
    #[arg(long, conflicts_with = "format")]
    pub(super) watch: bool,
}

/// How what became of tests is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TestFormat {
    /// For people
    Text,
    /// As TAP 14
    Tap,
    /// As the XML of JUnit
    Junit,
    /// As one JSON value
    Json,
}

#[derive(Args, Debug)]
pub(super) struct ConnectArgs {
    /// The connection, as in `[connections.NAME]`
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    /// Log in again, although somebody is logged in
    #[arg(long)]
    pub(super) again: bool,
    /// Do not wait for the browser: paste the address at which it ends up
    #[arg(long)]
    pub(super) paste: bool,
    /// Show the log-in that is kept: since when, until when, for what; ask nobody
    #[arg(long, conflicts_with_all = ["again", "paste"])]
    pub(super) show: bool,
    /// Keep a secret of it in the ledger, sealed; asked for here, or read from standard input
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["again", "paste", "show", "json"])]
    pub(super) set: Option<String>,
    /// Print the findings as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    /// The flow, by name or file
    #[arg(value_name = "FLOW")]
    pub(super) flow: String,
    /// List what changed since this day (or instant) instead of since the last run
    #[arg(long, value_name = "DATE")]
    pub(super) since: Option<String>,
    /// Only the record of this key or number
    #[arg(long, value_name = "KEY")]
    pub(super) only: Option<String>,
    /// No more than so many records
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct RunArgs {
    /// The flow, by name or file
    #[arg(value_name = "FLOW")]
    pub(super) flow: String,
    /// List what changed since this day (or instant) instead of since the last run
    #[arg(long, value_name = "DATE")]
    pub(super) since: Option<String>,
    /// Only the record of this key or number
    #[arg(long, value_name = "KEY")]
    pub(super) only: Option<String>,
    /// No more than so many records
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Go on although the flow waits for a person
    #[arg(long)]
    pub(super) resume: bool,
    /// Print what happened as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct MapArgs {
    /// The flow, by name or file
    #[arg(value_name = "FLOW")]
    pub(super) flow: String,
    /// Files of source records, as lines of JSON or as JSON; `-` is standard input [default: -]
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Print the bodies alone
    #[arg(long)]
    pub(super) bodies: bool,
    /// Threads to map with; the order stays [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
}

#[derive(Args, Debug)]
pub(super) struct WhyArgs {
    /// The record, by key or number
    #[arg(value_name = "KEY")]
    pub(super) key: String,
    /// Only a record of this flow
    #[arg(long, value_name = "FLOW")]
    pub(super) flow: Option<String>,
    /// Print it as JSON, one record a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct DiffArgs {
    /// A version: a flow by name or file, or `FLOW@HASH` of those that the ledger keeps
    #[arg(value_name = "OLD")]
    pub(super) old: String,
    /// The other version
    #[arg(value_name = "NEW")]
    pub(super) new: String,
    /// The last so many recorded records [default: 100]
    #[arg(long, value_name = "N", conflicts_with_all = ["samples", "files"], value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) last: Option<u32>,
    /// The records in the files of this folder instead
    #[arg(long, value_name = "DIR")]
    pub(super) samples: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// The records in these files instead
    #[arg(value_name = "FILE", last = true)]
    pub(super) files: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct BackupArgs {
    /// The copy, or a folder for it [default: beside the ledger, named after the time]
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Args, Debug)]
pub(super) struct ForgetArgs {
    /// The person's e-mail address
    #[arg(value_name = "E-MAIL")]
    pub(super) mail: String,
    /// Erase it; without this it is only counted
    #[arg(long)]
    pub(super) yes: bool,
    /// Print the counts as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct GraphArgs {
    /// The flow, by name or file
    #[arg(value_name = "FLOW")]
    pub(super) flow: String,
    /// Print a Mermaid diagram
    #[arg(long)]
    pub(super) mermaid: bool,
}

#[derive(Args, Debug)]
pub(super) struct LogArgs {
    /// One record, by key or number: all that was sent and answered for it
    #[arg(value_name = "KEY")]
    pub(super) key: Option<String>,
    /// Only records of this flow
    #[arg(long, value_name = "FLOW")]
    pub(super) flow: Option<String>,
    /// No more than so many records, newest first
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
    /// All that is held, by cause, each with the next step
    #[arg(long, conflicts_with = "key")]
    pub(super) held: bool,
    /// All that failed, by cause
    #[arg(long, conflicts_with = "key")]
    pub(super) failed: bool,
    /// All that is in doubt, by cause
    #[arg(long, conflicts_with = "key")]
    pub(super) in_doubt: bool,
    /// Print as JSON, one record a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("word").required(true).args(["found", "absent"])))]
pub(super) struct ResolveArgs {
    /// The record, by key or number
    #[arg(value_name = "KEY")]
    pub(super) key: String,
    /// It was made, as the thing of this id; that is looked at in the system
    #[arg(long, value_name = "ID")]
    pub(super) found: Option<String>,
    /// It was not made; that is looked for in the system once more
    #[arg(long)]
    pub(super) absent: bool,
    /// The step, where more than one write is in doubt
    #[arg(long, value_name = "STEP")]
    pub(super) step: Option<String>,
    /// Only a record of this flow
    #[arg(long, value_name = "FLOW")]
    pub(super) flow: Option<String>,
    /// Leave the rest of the record to the next run
    #[arg(long)]
    pub(super) later: bool,
    /// Print what happened as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("which").required(true).multiple(true).args(["keys", "held", "code"])))]
pub(super) struct ResendArgs {
    /// Records, by key or number
    #[arg(value_name = "KEY", conflicts_with_all = ["held", "code"])]
    pub(super) keys: Vec<String>,
    /// Those that are held, for a reason that holds these words; `…` stands for any
    #[arg(long, value_name = "REASON", num_args = 0..=1)]
    pub(super) held: Option<Option<String>>,
    /// Those that are held or failed with this number, as in `held[K0601]`
    #[arg(long, value_name = "K")]
    pub(super) code: Vec<String>,
    /// Only records of this flow
    #[arg(long, value_name = "FLOW")]
    pub(super) flow: Option<String>,
    /// On the version of the flow that each began with, as the ledger keeps it, not on the flow as it is now
    #[arg(long)]
    pub(super) original: bool,
    /// Do it without asking
    #[arg(long)]
    pub(super) yes: bool,
    /// Print as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ReconcileArgs {
    /// The flow, by name or file [default: all of the workspace]
    #[arg(value_name = "FLOW")]
    pub(super) flow: Option<String>,
    /// Count what changed since this day (or instant) instead of all since the flow began
    #[arg(long, value_name = "DATE")]
    pub(super) since: Option<String>,
    /// Print as JSON, one flow a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct BuiltinsArgs {
    /// One function: what it does, with its kinds and examples
    #[arg(value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// The number, as in `error[K0227]` [default: lists all]
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// Stay, and show it again every two seconds
    #[arg(long)]
    pub(super) watch: bool,
    /// Print as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct PauseArgs {
    /// Flows by name or file [default: all of the workspace]
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// Why, for whoever reads `koppel status`
    #[arg(long, value_name = "WORDS", default_value = "a person paused it")]
    pub(super) because: String,
    /// Print as JSON, one flow a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ResumeArgs {
    /// Flows by name or file [default: all of the workspace]
    #[arg(value_name = "FLOW")]
    pub(super) flows: Vec<String>,
    /// Print as JSON, one flow a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(super) shell: clap_complete::Shell,
}
