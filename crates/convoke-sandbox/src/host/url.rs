//! URLs by the WHATWG standard, for the prelude's `URL`.

use serde::{Deserialize, Serialize};
use url::{Url, quirks};

#[derive(Serialize)]
struct Parts<'a> {
    href: &'a str,
    origin: String,
    protocol: &'a str,
    username: &'a str,
    password: &'a str,
    host: &'a str,
    hostname: &'a str,
    port: &'a str,
    pathname: &'a str,
    search: &'a str,
    hash: &'a str,
}

fn parts(url: &Url) -> Result<Vec<u8>, String> {
    let parts = Parts {
        href: quirks::href(url),
        origin: quirks::origin(url),
        protocol: quirks::protocol(url),
        username: quirks::username(url),
        password: quirks::password(url),
        host: quirks::host(url),
        hostname: quirks::hostname(url),
        port: quirks::port(url),
        pathname: quirks::pathname(url),
        search: quirks::search(url),
        hash: quirks::hash(url),
    };
    serde_json::to_vec(&parts).map_err(|error| error.to_string())
}

/// The parts of a URL; `text` is a JSON array of the URL and, perhaps, its base.
pub(crate) fn parse(text: &str) -> Result<Vec<u8>, String> {
    let texts: Vec<String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let base = match texts.get(1) {
        Some(base) => Some(Url::parse(base).map_err(|_| "Invalid URL")?),
        None => None,
    };
    let url = texts
        .first()
        .and_then(|url| Url::options().base_url(base.as_ref()).parse(url).ok())
        .ok_or("Invalid URL")?;
    parts(&url)
}

#[derive(Deserialize)]
struct Change {
    href: String,
    part: String,
    value: String,
}

/// The parts of a URL after one was set; a value that cannot be there changes nothing, as the standard has it.
pub(crate) fn change(text: &str) -> Result<Vec<u8>, String> {
    let Change { href, part, value } = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut url = Url::parse(&href).map_err(|_| "Invalid URL")?;
    // A refused value leaves the URL as it was; that is the setters' contract, not a failure.
    let refused: Result<(), ()> = match part.as_str() {
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        other => {
            match other {
                "pathname" => quirks::set_pathname(&mut url, &value),
                "search" => quirks::set_search(&mut url, &value),
                "hash" => quirks::set_hash(&mut url, &value),
                _ => return Err("a URL has no such part".into()),
            }
            Ok(())
        }
    };
    let _ = refused;
    parts(&url)
}
