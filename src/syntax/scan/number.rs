//! Numbers and dates, and what people write instead of them.

/// What stands at the start of a text.
pub(super) struct Found {
    pub(super) length: usize,
    pub(super) flaw: Option<Flaw>,
}

/// It is not written as numbers or dates are; with the right form, where it is plain.
pub(super) enum Flaw {
    Number(Option<String>),
    Date(Option<String>),
}

pub(super) fn of(text: &str) -> Found {
    if let Some(found) = date(text) {
        return found;
    }
    let whole = digits(text);
    let fraction = text[whole..].strip_prefix('.').map_or(0, |rest| match digits(rest) {
        0 => 0,
        some => some + 1,
    });
    let length = whole + fraction;
    let behind = &text[length..];
    let glued = behind.find(|letter: char| letter != '_' && !letter.is_alphanumeric()).unwrap_or(behind.len());
    if glued > 0 && !(fraction == 0 && matches!(&behind[..glued], "s" | "min" | "h" | "day" | "days")) {
        let all = &text[..length + glued];
        let plain = all.replace('_', "");
        let grouped = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        return Found { length: all.len(), flaw: Some(Flaw::Number(grouped.then_some(plain))) };
    }
    if behind.starts_with('.') && !behind.starts_with("..") {
        return Found { length: length + 1, flaw: Some(Flaw::Number(Some(text[..length].to_owned()))) };
    }
    Found { length, flaw: None }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Three groups of digits with `-` or `/` between them, one of four digits: a date, or what should be one.
fn date(text: &str) -> Option<Found> {
    let mut groups = [""; 3];
    let mut at = 0;
    let mut mark = None;
    for (index, group) in groups.iter_mut().enumerate() {
        let length = digits(&text[at..]);
        *group = &text[at..at + length];
        at += length;
        if index < 2 {
            let next = text[at..].chars().next().filter(|next| matches!(next, '-' | '/'))?;
            if *mark.get_or_insert(next) != next {
                return None;
            }
            at += 1;
        }
    }
    let [first, second, third] = groups;
    let glued = text[at..].find(|letter: char| !letter.is_alphanumeric()).unwrap_or(text.len() - at);
    let small = |group: &str| matches!(group.len(), 1 | 2);
    if !small(second) {
        return None;
    }
    let dash = mark == Some('-');
    if first.len() == 4 && small(third) {
        if dash && glued == 0 && second.len() == 2 && third.len() == 2 {
            return Some(Found { length: at, flaw: None });
        }
        let meant = (glued == 0).then(|| format!("{first}-{second:0>2}-{third:0>2}"));
        return Some(Found { length: at + glued, flaw: Some(Flaw::Date(meant)) });
    }
    if third.len() == 4 && small(first) {
        let meant = (glued == 0 && dash).then(|| format!("{third}-{second:0>2}-{first:0>2}"));
        return Some(Found { length: at + glued, flaw: Some(Flaw::Date(meant)) });
    }
    None
}
