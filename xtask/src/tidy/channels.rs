//! Every queue has a bound: no channel that grows for as long as its reader is slow.

use crate::tidy::Finding;
use crate::tree::Tree;

/// What unbounded channels are called in the libraries we use or might use.
const NAMES: [&str; 4] = ["unbounded", "unbounded_channel", "UnboundedReceiver", "UnboundedSender"];

/// One finding per use of an unbounded channel, tests included.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        let named = NAMES.iter().flat_map(|name| source.words(name));
        // The standard library's `channel` has no bound; `sync_channel` and tokio's take one as their argument.
        let standard = source.words("channel").filter(|at| {
            let call = source.after(at + "channel".len());
            let arguments =
                call.strip_prefix("::<").and_then(|rest| rest.find(">(").map(|end| &rest[end + 1..]));
            let arguments = arguments.unwrap_or(call);
            let before = source.code[..*at].trim_end();
            // A oneshot holds one message and no more.
            arguments.starts_with("()") && !before.ends_with("fn") && !before.ends_with("oneshot::")
        });
        findings.extend(named.chain(standard).map(|at| {
            Finding::at(
                source,
                at,
                "a channel without a bound",
                "give it a bound, with its reason in limits.rs",
            )
        }));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_unbounded_channel_is_found() {
        let text = "use mpsc::UnboundedSender;\nlet a = mpsc::unbounded_channel();\nlet b = mpsc::channel::<u8>();\nlet c = channel();\n\
                    let d = mpsc::channel(LIMIT);\nlet e = mpsc::channel::<u8>(1);\nlet f = \"unbounded\";\nfn channel() {}\nlet g = oneshot::channel();\n";
        let mut lines: Vec<usize> = check(&Tree::of(&[("crates/x/src/a.rs", text)]))
            .into_iter()
            .map(|finding| finding.line)
            .collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 2, 3, 4]);
    }
}
