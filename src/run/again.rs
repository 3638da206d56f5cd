//! Records of the ledger that are worked on once more, whatever the source lists.

use crate::run::context::Context;
use crate::run::halt::Halt;

/// Records of the ledger that are worked on instead of what the source lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Again {
    /// Their keys.
    pub keys: Vec<String>,
}

/// Makes them ready to be worked on.
pub(super) async fn take(_cx: &Context, _again: &Again) -> Result<(), Halt> {
    Ok(())
}
