//! Counts as `OpenMetrics` go in; the same in the older text that every monitor reads comes out.

/// A counter's name carries `_total` in its head too; units and the end have no line.
pub(super) fn classic(open: &str) -> String {
    let counters: Vec<&str> =
        open.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    let mut text = String::with_capacity(open.len());
    for line in open.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("EOF" | "UNIT"), ..) => continue,
            (Some("#"), Some(head @ ("HELP" | "TYPE")), Some(name), Some(rest)) if counters.contains(&name) => {
                text.extend(["# ", head, " ", name, "_total ", rest]);
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}
