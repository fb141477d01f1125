//! The modules that a function can require or import, and what to use instead of those that do not exist here.
//!
//! One list for the check at save and for the guest, which asks the host when it does not know a name itself.

/// Modules that the prelude provides.
const BUILT_IN: [&str; 18] = [
    "assert",
    "assert/strict",
    "buffer",
    "console",
    "convoke",
    "core-functions-toolbelt",
    "crypto",
    "events",
    "lp-faas-toolbelt",
    "path",
    "process",
    "querystring",
    "string_decoder",
    "timers",
    "timers/promises",
    "url",
    "util",
    "util/types",
];

include!(concat!(env!("OUT_DIR"), "/libraries.rs"));

/// What to use instead of a module that people try.
const INSTEAD: [(&[&str], &str); 11] = [
    (&["fs", "fs/promises"], "nothing: a function has no files; keep data in its payload or fetch it"),
    (&["http", "https", "http2", "net", "tls", "dgram", "dns"], "fetch"),
    (
        &["request", "request-promise", "axios", "node-fetch", "got", "superagent", "undici"],
        "fetch, or the HTTPClient of lp-faas-toolbelt",
    ),
    (&["child_process"], "nothing: a function cannot start processes"),
    (&["cluster", "worker_threads"], "nothing: each invocation has a sandbox of its own"),
    (&["os"], "process.platform"),
    (&["vm"], "nothing: code comes from deployments only"),
    (&["zlib"], "nothing: send and accept uncompressed bodies"),
    (&["stream", "readable-stream"], "arrays and async iteration"),
    (&["moment", "dayjs", "date-fns"], "luxon"),
    (&["uuid", "nanoid"], "crypto.randomUUID"),
];

/// The name without Node's prefix.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_prefix("node:").unwrap_or(name)
}

/// Whether a name that is no relative path can be required.
pub(crate) fn exists(name: &str) -> bool {
    let name = plain(name);
    BUILT_IN.contains(&name) || library(name).is_some() || is_lodash_function(name)
}

/// `lodash/get` and the like: one function of a library that is there as a whole.
fn is_lodash_function(name: &str) -> bool {
    name.strip_prefix("lodash/")
        .is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A bundled library: a function of `module`, `exports` and `require`, as text.
pub(crate) fn library(name: &str) -> Option<&'static str> {
    LIBRARIES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// What to tell the author who asks for a module that is not there.
pub(crate) fn advice(name: &str) -> String {
    let wanted = plain(name);
    let known = INSTEAD.iter().find(|(names, _)| names.contains(&wanted)).map(|(_, instead)| *instead);
    if let Some(instead) = known {
        return format!("the module \"{name}\" is not available here; use {instead}");
    }
    let mut names: Vec<&str> = BUILT_IN.to_vec();
    names.extend(LIBRARIES.iter().map(|(name, _)| *name));
    names.sort_unstable();
    format!("the module \"{name}\" is not available here; use one of {}", names.join(", "))
}
