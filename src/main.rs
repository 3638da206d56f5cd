//! The command `koppel`.

use std::process::ExitCode;

fn main() -> ExitCode {
    koppel::cli::main()
}
