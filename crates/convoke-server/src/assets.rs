//! The files of the page, built into the program.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use convoke_api::platform_error::PlatformError;
use rust_embed::RustEmbed;

use crate::problem::ApiError;

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

/// The file with this name, or 404.
pub(crate) fn file(name: &str) -> Response {
    let Some(file) = Files::get(name) else { return ApiError::from(PlatformError::NotFound).into_response() };
    // Looked at again with each visit: the files change with the program, not their names.
    let headers = [(CONTENT_TYPE, kind(name)), (CACHE_CONTROL, "no-cache")];
    (headers, file.data.into_owned()).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "application/octet-stream",
    }
}
