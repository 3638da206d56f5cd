//! Each place where lines stand, and how a line begins there.

use super::grammar::Rule;

/// A place where statements, fields or lines stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Items,
    Parts,
    Settings,
    From,
    Ensure,
    Body,
    Record,
    Test,
    Rows,
    Arms,
    Kinds,
    Oauth2,
    Keys,
    Errors,
    Shape,
    Resource,
}

/// How lines of a block are read and told apart.
pub(super) struct Lines {
    /// Reads any number of them.
    pub(super) rule: Rule,
    /// The words they may begin with.
    pub(super) words: &'static [&'static str],
    /// What stands behind a name that begins one.
    pub(super) mark: Option<&'static str>,
    /// What one is called.
    pub(super) noun: &'static str,
}

impl Block {
    pub(super) fn lines(self) -> Lines {
        let (rule, words, mark, noun): (_, &[&str], _, _) = match self {
            Block::Items => (
                Rule::items_alone,
                &[
                    "use", "settings", "from", "let", "skip", "hold", "stop", "find", "require", "ensure", "create",
                    "update", "call", "on", "fn", "table", "given", "test",
                ],
                None,
                "a statement of a flow",
            ),
            Block::Parts => (
                Rule::parts_alone,
                &[
                    "base", "zone", "datetime", "timeout", "window", "lag", "auth", "limit", "pages", "errors",
                    "shape", "resource",
                ],
                None,
                "a part of a connector",
            ),
            Block::Settings => (Rule::settings_alone, &[], Some(":"), "a setting"),
            Block::From => (Rule::from_alone, &["key", "by", "cursor", "every", "webhook"], None, "a line of `from`"),
            Block::Ensure => (
                Rule::ensure_alone,
                &["use", "by", "several", "found", "missing", "let", "if"],
                Some("="),
                "a line of `ensure`",
            ),
            Block::Body => (Rule::body_alone, &["key", "let", "if"], Some("="), "a field"),
            Block::Record => (Rule::record_alone, &["let", "if"], Some("="), "a field"),
            Block::Test => (Rule::test_alone, &["given", "fault", "let", "expect"], None, "a line of a test"),
            Block::Rows => (Rule::rows_alone, &[], Some("="), "a row"),
            Block::Arms => (Rule::arms_alone, &[], Some("=>"), "an arm of `match`"),
            Block::Kinds => (Rule::kinds_alone, &[], Some(":"), "a field with its kind"),
            Block::Oauth2 => {
                (Rule::oauth2_alone, &["authorize", "token", "grants", "scopes", "pkce"], None, "a line of `oauth2`")
            }
            Block::Keys => (Rule::keys_alone, &["query", "header"], None, "a line of `keys`"),
            Block::Errors => (Rule::errors_alone, &["code", "message", "details"], None, "a row of `errors`"),
            Block::Shape => (Rule::shape_alone, &[], Some(":"), "a field with its kind"),
            Block::Resource => (
                Rule::resource_alone,
                &[
                    "list", "search", "get", "create", "update", "action", "filter", "since", "where", "total",
                    "example",
                ],
                None,
                "a line of a resource",
            ),
        };
        Lines { rule, words, mark, noun }
    }
}
