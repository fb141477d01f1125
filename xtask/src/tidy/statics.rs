//! No global state: what a part needs is passed to it. Only `metrics.rs` may keep counters in statics.
//!
//! A `LazyLock` of something immutable is a constant that is computed late, and allowed.

use crate::source::words;
use crate::tidy::Finding;
use crate::tree::Tree;

const MUTABLE: [&str; 12] = [
    "ArcSwap",
    "ArcSwapOption",
    "Cell",
    "DashMap",
    "Mutex",
    "Notify",
    "OnceCell",
    "OnceLock",
    "RefCell",
    "RwLock",
    "Semaphore",
    "UnsafeCell",
];

/// One finding per static that can change, outside tests and metrics.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let watched = tree.sources.iter().filter(|source| !source.path.ends_with("/metrics.rs"));
    for source in watched {
        for at in source.words("static").filter(|at| !source.in_test(*at)) {
            let rest = &source.code[at + "static".len()..];
            let declared = &rest[..rest.find(['=', ';']).unwrap_or(rest.len())];
            let kind = declared.split_once(':').map_or("", |(_, kind)| kind);
            let mutable = words(declared, "mut").next().is_some()
                || MUTABLE.iter().any(|name| words(kind, name).next().is_some())
                || kind.contains("Atomic");
            if mutable {
                findings.push(Finding::at(
                    source,
                    at,
                    "a static that can change",
                    "pass the value in; `convoke::compose` is where parts are made",
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_that_can_change_is_found() {
        let text = "static A: Mutex<u8> = Mutex::new(0);\nstatic B: AtomicU64 = AtomicU64::new(0);\nstatic mut C: u8 = 0;\n\
                    thread_local! { static D: RefCell<u8> = x(); }\nstatic E: LazyLock<Mutex<u8>> = x();\n\
                    static F: &[&str] = &[];\nstatic G: LazyLock<u8> = x();\nfn h(x: &'static Mutex<u8>) {}\n\
                    #[cfg(test)]\nmod tests { static I: AtomicU64 = x(); }\n";
        let tree = Tree::of(&[("crates/x/src/a.rs", text), ("crates/x/src/metrics.rs", text)]);
        let lines: Vec<usize> = check(&tree).into_iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 2, 3, 4, 5]);
    }
}
