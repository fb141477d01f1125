//! The page on which one begins, and its files. They are open to everybody and know nothing by themselves.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::assets::file;
use crate::server::Shared;

/// The page's routes; they are no part of the API.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { file("index.html") }))
        .route("/favicon.ico", get(|| async { file("icon.svg") }))
        .route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    file(&name)
}
